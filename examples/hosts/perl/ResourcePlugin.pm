package ResourcePlugin;

# Resource plugins for Perl, on librphost and FFI::Platypus (Debian: libffi-platypus-perl).
#     my $plugin = ResourcePlugin->open("elb_member", {cloud => "otc"});
#     my ($status, $answer) = $plugin->call("create", {resource => "elb_member", records => [...]}, 60_000);

use strict;
use warnings;
use FFI::Platypus 2.00;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $ffi = FFI::Platypus->new(api => 2, lib => $ENV{RPHOST_LIBRARY} || "librphost.so.0");
$ffi->attach([rphost_open => "_open"], ["string", "string", "size_t"] => "opaque");
$ffi->attach([rphost_error => "_error"], ["opaque"] => "string");
$ffi->attach([rphost_call => "_call"],
             ["opaque", "string", "string", "size_t", "uint32", "opaque", "opaque"] => "opaque");
$ffi->attach([rphost_status => "_status"], ["opaque"] => "sint32");
$ffi->attach([rphost_json => "_json"], ["opaque"] => "string");
$ffi->attach([rphost_release => "_release"], ["opaque"] => "void");
$ffi->attach([rphost_close => "_close"], ["opaque"] => "void");

sub open {
    my ($class, $name, $config) = @_;
    my $text = $json->encode($config);
    my $self = bless {handle => _open($name, $text, length $text)}, $class;
    my $wrong = _error($self->{handle});
    die "$wrong\n" if defined $wrong;
    return $self;
}

# Perl handles no signal while a call runs: give each call a timeout.
sub call {
    my ($self, $hook, $request, $timeout_ms) = @_;
    my $text = $json->encode($request);
    my $answer = _call($self->{handle}, $hook, $text, length $text, $timeout_ms // 0, undef, undef);
    my @outcome = (_status($answer), $json->decode(_json($answer)));
    _release($answer);
    return @outcome;
}

sub DESTROY {
    my ($self) = @_;
    _close($self->{handle});
}

1;
