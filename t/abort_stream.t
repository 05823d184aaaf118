#!/usr/bin/perl

# Tests for clients that leave and providers that break off: billed work is
# never free, never charged twice, and nothing stays held back.

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

my $DAY = 'aicost_budget all all 100EUR/day;';

$t->gateway(sim => { tokens => 40, keep => 4096 },
	http => 'lingering_close off;', location => $DAY, server => <<"CONF");
location /off/ { aicost_pass premium; $DAY aicost_drain off; }
location /small/ { aicost_pass premium; $DAY aicost_drain size=1k; }
location /short/ { aicost_pass premium; $DAY aicost_drain time=150ms; }
location /one/ { aicost_pass premium; $DAY aicost_drain max=1; }
location /wide/ { aicost_pass premium; $DAY aicost_answer_buffer 1k; }
CONF

$t->run();
my $sim = $t->{sim_port};
my ($n, $paid) = (0, 0);

# drained: the provider's usage is read, the cost is exact

for my $at (0, 1, 20) {
	left('slow=10', $at, uri => '/v1/chat/completions', stream => \1);
	exact("stream left at event $at");
}

left('delay=200', 0, uri => '/v1/chat/completions');
exact('JSON left before the answer');

left('longjson=2000000', 0, uri => '/wide/v1/chat/completions');
exact('JSON that is passed on', 50);

# beyond the limits: what was delivered

for my $where (qw/off small short/) {
	left('slow=20', 5, uri => "/$where/v1/chat/completions",
		stream => \1);

	my $l = settled();
	is($l->{settled}, 'aborted', "$where: aborted");
	cmp_ok(nano($l->{cost}), '>', 2000 * $l->{in}, "$where: not free");
	cmp_ok(nano($l->{cost}), '<=', nano($l->{reserved}),
		"$where: not more than was reserved");
}

left('delay=300', 0, uri => '/off/v1/chat/completions');
is(nano(settled()->{cost}), nano(($t->ledger($n))[-1]{reserved}),
	'JSON that nobody waits for is paid as reserved');

# two leave, one is drained

$t->sim_next($sim, 'slow=25', 'slow=25');
my @two = map { begin(uri => '/one/v1/chat/completions', stream => \1) } 1, 2;
$_->read_until(events(3)) for @two;
$_->abort() for @two;

my @how = sort map { settled()->{settled} } 1, 2;
SKIP: {
	my %pids = map { $_->{pid} => 1 } ($t->ledger($n))[-2, -1];
	skip 'each had a worker of its own', 1 if keys %pids > 1;
	is("@how", 'aborted usage', 'max=1');
}

# a client that reads slowly gets all of it, and pays for it: more than the
# buffers of a socket hold

$t->sim_next($sim, 'bigevent=5000000+tokens=40');
my $slow = begin(uri => '/v1/chat/completions', stream => \1);
ok($slow->read_until(qr/data: /), 'a slow client');
ok($t->status_now()->{open}, 'its money is held');
ok($slow->finish()->body() =~ /\[DONE\]/, 'has it all');
exact('slow client', 50);

# ... and one that left while the buffers were full

$t->sim_next($sim, 'bigevent=400000+tokens=40+slow=5');
my $never = begin(uri => '/v1/chat/completions', stream => \1);
wait_for { $t->status_now()->{open} };
$never->read_until(qr/data: /);
$never->abort();
exact('one that left with the buffers full', 50);

# the provider breaks off

for my $fault ('cut=5', 'cut=0', 'nodone') {
	$t->sim_next($sim, "$fault+slow=2");
	my $r = begin(uri => '/v1/chat/completions', stream => \1)->finish();
	my $l = settled();

	next if $fault eq 'nodone';
	is($l->{settled}, 'cut', "$fault: cut");
	like($r->body(), qr/data: \{"error"/, "$fault: an error event");
	cmp_ok(nano($l->{cost}), '>', 0, "$fault: not free");
	cmp_ok(nano($l->{cost}), '<=', nano($l->{reserved}), "$fault: bound");
}

$t->sim_next($sim, 'cut');
my $r = chat();
is(code($r), '502 all_providers_failed', 'half a JSON answer');
is(settled()->{settled}, 'usage_unreadable', 'is paid as reserved');

# once and only once

is($t->status_now()->{open}, 0, 'nothing open');
is(nano(metric($t->metrics_now(), 'aicost_reserved', budget => 'all')), 0,
	'nothing reserved');
is(nano($t->status_now()->{cost}), $paid, 'the console has the same sum');

is(chat()->status(), 200, 'one more');
is(100_000_000_000 - nano(settled()->{left}), $paid, 'and the account');

###############################################################################

sub begin {
	return http_begin(chat_raw(headers => { Connection => 'close' }, @_));
}


sub events {
	my ($n) = @_;

	return sub { (() = $_[0] =~ /data: /g) >= $n };
}


# asks, reads that many events, leaves

sub left {
	my ($fault, $at, %ask) = @_;
	my $had = $t->sim_state($sim)->{requests};

	$t->sim_next($sim, $fault);
	my $s = begin(%ask);

	if ($at) {
		$s->read_until(events($at));

	} else {
		wait_for { $t->sim_state($sim)->{requests} > $had };
	}

	$s->abort();
}


sub settled {
	$n++;
	my $l = ($t->ledger($n))[$n - 1];
	$paid += nano($l->{cost});

	return $l;
}


sub exact {
	my ($what, $tokens) = @_;
	my $l = settled();

	is($l->{settled}, 'usage', "$what: usage");
	is(nano($l->{cost}), 2000 * $l->{in} + 10000 * $l->{out},
		"$what: exact");
	is($l->{out}, $tokens // 40, "$what: the provider's count");
}

###############################################################################
