#!/usr/bin/perl
# perl host.pl PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]: makes one call, prints its status and its answer.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use ResourcePlugin;

die "usage: perl host.pl PLUGIN CONFIG HOOK REQUEST [TIMEOUT_MS]\n" if @ARGV < 4;
my ($name, $config, $hook, $request, $timeout_ms) = @ARGV;
my $json = JSON::PP->new->utf8->canonical;
my $plugin = ResourcePlugin->open($name, $json->decode($config));
my ($status, $answer) = $plugin->call($hook, $json->decode($request), $timeout_ms);
print "$status\t", $json->encode($answer), "\n";
exit($status < 100 ? 0 : 1);
