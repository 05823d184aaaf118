#!/usr/bin/perl

# Tests for aicost mode, kill, resume and status through the fleet's Redis.

###############################################################################

use warnings;
use strict;

use Test::More;

use Digest::SHA qw/sha256/;
use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new(module => 0)
	->has(qw/cli/))->plan();

my $SECRET = 'a-password-of-a-test';
my $r = Aicost::Redis->new($t, password => $SECRET)->start();

delete @ENV{qw/AICOST_CONSOLE AICOST_TOKEN_FILE AICOST_REDIS/};
$ENV{AICOST_REDIS_PASSWORD} = $SECRET;

my ($rc, $out) = fleet('kill', 'day');
is($rc, 1, 'no domain');
like($out, qr/no such domain/, 'says so');
is($r->ask('DBSIZE'), 0, 'none is made');

# layout, epoch, last time, serial, generation, mode, share, changed, held,
# overflows; run, phase, until, expected, soonest

my $m = pack 'C3 a16 C13', 0x9f, 2, 0xb0,
	'0123456789abcdef', (0) x 13;
$r->ask('SET', '{aic:default}:m', $m);

($rc, $out) = fleet('kill', 'day', '--why', 'too much');
is($rc, 0, 'kill') or diag($out);
like($out, qr/^stopped: budget day$/m, 'says what');
is_deeply([ latches() ], [ id("kday\0") ], 'the latch of the budget');

fleet('kill', 'day', '--key', 'bob');
fleet('kill', 'day', '--key', '');
fleet('kill');
is_deeply([ latches() ], [ sort +(id("kday\0"), id("bday\0bob"),
	id("bday\0"), "\0" x 16) ], 'of its accounts, of everything');

my $long = 'x' x 600;
fleet('kill', 'day', '--key', $long);
is(scalar(grep { $_ eq id("bday\0" . sha256($long)) } latches()), 1,
	'a long key is its digest');
fleet('resume', 'day', '--key', $long);

fleet('mode', 'downgrade', '80%');
$r->ask('ZADD', '{aic:default}:e', 9e15, 'an edge', 1, 'one of before');

($rc, $out) = fleet('status', '--json');
my $s = decode_json($out);
is($s->{mode}, 'downgrade', 'status: mode');
is($s->{share_ppm}, 800000, 'share');
is($s->{edges}, 1, 'edges alive');
is($s->{accounts}, 0, 'accounts');
is($s->{open}, 0, 'reservations');
is($s->{epoch}, unpack('H*', '0123'), 'epoch, short');
is(join(' ', sort map { $_->{label} } @{ $s->{latches} }),
	'all day day day:*', 'latches, no key');
is((grep { $_->{why} eq 'too much' } @{ $s->{latches} }), 1, 'why');
unlike($out, qr/bob/, 'no key is told');

fleet('resume', 'day');
is_deeply([ latches() ], [ sort +(id("bday\0bob"), "\0" x 16) ],
	'resume: the budget, its one account');
fleet('resume', 'day', '--key', 'bob');
($rc, $out) = fleet('resume');
is_deeply([ latches() ], [], 'resume all') or diag($out);
fleet('mode', 'normal');
like((fleet('status'))[1], qr/^mode +normal$/m, 'mode normal, a table');

# what is refused

for (
	[ 2, qr/never the password itself/, '--password', $SECRET ],
	[ 1, qr/WRONGPASS/, '--password', 'env:WRONG' ],
	[ 1, qr/no such domain/, '--domain', 'other' ],
	[ 2, qr/hold no brace/, '--domain', 'a}b' ],
	[ 2, qr/not both/, '--console', 'http://127.0.0.1/' ],
) {
	my ($code, $re, @more) = @$_;

	local $ENV{WRONG} = 'another-one';
	($rc, $out) = fleet('kill', @more);
	is($rc, $code, "$more[0]: code");
	like($out, $re, "$more[0]: text");
	unlike($out, qr/$SECRET|another-one/, "$more[0]: no secret");
}

{
	local $ENV{AICOST_REDIS_PASSWORD};
	delete $ENV{AICOST_REDIS_PASSWORD};
	like((fleet('kill'))[1], qr/NOAUTH/, 'no password');
}

for ([ 'rediss://127.0.0.1:x', qr/invalid URL/ ],
	[ "redis://u:$SECRET\@127.0.0.1", qr/no user and password in the URL/ ],
	[ 'redis://127.0.0.1:x', qr/invalid URL/ ])
{
	my ($code, undef, $err) = $t->aicost('status', '--redis', $_->[0]);
	is($code, 2, 'URL: code');
	like($err, $_->[1], 'URL: text');
}

is_deeply([ latches() ], [], 'nothing was changed');

$r->freeze();
($rc, $out) = fleet('kill');
$r->thaw();
is($rc, 1, 'a server that hangs: code');
like($out, qr/no answer/, 'text');

# a cluster: the other node says where

delete $ENV{AICOST_REDIS_PASSWORD};
my @nodes = Aicost::Redis::cluster($t, 2);
my $owner = Aicost::Redis::owner($nodes[0]->slot(), @nodes);
my ($other) = grep { $_ != $owner } @nodes;
$owner->ask('SET', '{aic:default}:m', $m);
$r = $other;
is((fleet('kill', 'day'))[0], 0, 'a redirect is followed');
$r = $owner;
is_deeply([ latches() ], [ id("kday\0") ], 'to the node that has the slot');

###############################################################################

sub fleet {
	my ($command, @more) = @_;
	my ($rc, $out, $err) = $t->aicost($command, '--redis', $r->url(), @more);

	return ($rc, $out . ($err // ''));
}


sub latches {
	return sort @{ $r->ask('HKEYS', '{aic:default}:k') };
}


sub id {
	return substr sha256($_[0]), 0, 16;
}
