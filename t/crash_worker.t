#!/usr/bin/perl

# Tests for workers that die: what they had reserved is charged when its lease
# is over, and a graceful end settles or finishes.

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

my $LIMIT = 10_000_000_000;

$t->gateway(sim => { tokens => 20 }, zone => '16m state=%%TESTDIR%%/state '
	. 'lease=1s', location => 'aicost_budget all all 10EUR/day;')->run();
my $sim = $t->{sim_port};

$t->expect_log(qr/exited on signal 9/);

is(chat()->status(), 200, 'an answer');
my $l = ($t->ledger(1))[0];
my ($paid, $reserved) = (nano($l->{cost}), nano($l->{reserved}));
cmp_ok($paid, '<', $reserved, 'costs less than was reserved');

# in a stream, and while the provider thinks

for (['slow=100', stream => \1], ['delay=20000']) {
	my ($fault, @ask) = @$_;
	my $had = $t->sim_state($sim)->{requests};

	$t->sim_next($sim, $fault);
	my $s = http_begin(chat_raw(@ask));

	if (@ask) {
		$s->read_until(qr/data: /);

	} else {
		wait_for { $t->sim_state($sim)->{requests} > $had };
	}

	is($t->status_now()->{open}, 1, "$fault: money is held");
	kill 'KILL', $t->workers();
	ok(wait_for(sub { $s->read_until(sub { 0 }, 0.1);
		$s->response()->{eof} }), "$fault: the client sees the end");

	ok(wait_for(sub { ($t->status_now() || {})->{open} == 0 }),
		"$fault: nothing is held after the lease");
	$paid += $reserved;
}

like($t->read_log(), qr/leases ran out and were charged/, 'told');
is(left(), $LIMIT - $paid, 'charged as reserved');

# a reload leaves a stream alone, longer than its lease

$t->sim_next($sim, 'slow=100');
my $s = http_begin(chat_raw(stream => \1, headers =>
	{ Connection => 'close' }));
$s->read_until(qr/data: /);
my @old = $t->workers();
ok($t->reload(), 'reload in a stream');
is($t->status_now()->{open}, 1, 'it goes on');
like($s->finish()->body(), qr/\[DONE\]/, 'to its end');
$paid += 2000 * 2 + 200_000;
is(left(), $LIMIT - $paid, 'and costs its usage');

# QUIT: likewise; TERM: what was delivered

$t->sim_next($sim, 'slow=20');
$s = http_begin(chat_raw(stream => \1, headers => { Connection => 'close' }));
$s->read_until(qr/data: /);
my $client = $t->run_daemon(sub { $s->finish() });
$t->stop();
$t->run();
$paid += 2000 * 2 + 200_000;
is(left(), $LIMIT - $paid, 'a stream ended in peace, the counters are kept');

$t->sim_next($sim, 'slow=50');
$s = http_begin(chat_raw(stream => \1));
$s->read_until(sub { (() = $_[0] =~ /data: /g) >= 5 });
$t->stop('TERM');
$t->run();

my $left = left();
cmp_ok($left, '<', $LIMIT - $paid - 4000, 'a stream cut off is not free');
cmp_ok($left, '>=', $LIMIT - $paid - $reserved, 'nor more than was reserved');
is($t->status_now()->{open}, 0, 'nothing is held');

###############################################################################

# nano left in the account, after a request that is refused for its cost: none;
# so one more is asked, and its cost added back

sub left {
	my $r = chat();
	my $cost = nano($r->header('X-AICost-Cost'));
	my $left = nano($r->header('X-AICost-Budget-Left'));

	$paid += $cost;

	return $left + 0;
}

###############################################################################
