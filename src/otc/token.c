typedef int rp_empty;
