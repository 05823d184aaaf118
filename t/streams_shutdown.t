#!/usr/bin/perl

# Tests for worker_shutdown_timeout: a reload cuts the streams that outlast it;
# what was delivered is charged, nothing stays reserved.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

# the lease is long: it is not what frees the money

$t->gateway(sim => { tokens => 40, slow => 100 },
	zone => '16m lease=60s', location => 'aicost_budget all all 10EUR/day;');

my $conf = $t->read_file('nginx.conf');
$t->write_file('nginx.conf', "worker_shutdown_timeout 300ms;\n$conf")->run();

my $sim = $t->{sim_port};
my @streams = map { http_begin(chat_raw(stream => \1)) } 1 .. 4;
$_->read_until(sub { (() = $_[0] =~ /data: /g) >= 3 }) for @streams;

is($t->status_now()->{open}, 4, 'four streams hold money');

my @old = $t->workers();
ok($t->reload(), 'a reload');

for my $s (@streams) {
	ok(wait_for(sub { $s->read_until(sub { 0 }, 0.1);
		$s->response()->{eof} }), 'the stream ends');
	unlike($s->bytes(), qr/\[DONE\]/, 'before its time');
}

ok($t->wait_old(@old), 'the old workers are gone');
is($t->status_now()->{open}, 0, 'nothing stays reserved');

my ($sum, @ledger) = (0, $t->ledger(4));
is(scalar @ledger, 4, 'all are in the log');

for my $l (@ledger) {
	is($l->{settled}, 'aborted', 'as aborted');
	cmp_ok(nano($l->{cost}), '>=', 2000 * $l->{in} + 3 * 10000,
		'what was delivered is charged');
	cmp_ok(nano($l->{cost}), '<', 2000 * $l->{in} + 40 * 10000,
		'and not more than that');
	$sum += nano($l->{cost});
}

is((grep { $_->{aborted} } $t->sim_wait($sim, 4)), 4,
	'the provider is left too');

# an answer that has not begun: nothing tells how much, all that was reserved

$t->sim_reset($sim)->sim_next($sim, 'delay=20000');
my $json = http_begin(chat_raw());
ok(wait_for(sub { $t->sim_state($sim)->{requests} == 1 }), 'a call is sent');
@old = $t->workers();
ok($t->reload(), 'a reload');
ok($t->wait_old(@old), 'the old workers are gone');
ok(wait_for(sub { $json->read_until(sub { 0 }, 0.1);
	$json->response()->{eof} }), 'the client sees the end');
is($t->status_now()->{open}, 0, 'nothing stays reserved');

my $l = ($t->ledger(5))[4];
is($l->{settled}, 'aborted', 'as aborted');
is(nano($l->{cost}), nano($l->{reserved}), 'is charged as reserved');
$sum += nano($l->{cost});

# and the account stands there

$t->sim_next($sim, 'slow=1');
my $r = chat();
is(10_000_000_000 - nano($r->header('X-AICost-Budget-Left')),
	$sum + nano($r->header('X-AICost-Cost')), 'the account has it');
$t->ledger(6);          # its end comes after its answer
is(nano($t->status_now()->{cost}), $sum + nano($r->header('X-AICost-Cost')),
	'and the console');

###############################################################################
