#!/usr/bin/perl

# Tests for workers killed again and again under load, some of them while they
# hold the zone's lock: no deadlock, nothing stays reserved, and what is
# settled is what the log and the leases say.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Fcntl qw/SEEK_SET/;

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my ($KILLS, $LOCKED) = (40, 3);

# every call reserves the same and costs the same

my $LIMIT = 800_000_000;

$t->gateway(sim => { tokens => 20, keep => 0, latency => 5 }, zone => '16m lease=1s',
	http => 'lingering_close off;',
	location => 'aicost_budget all all 0.8EUR/day mode=upper; '
		. 'aicost_output min=50;')->run();

$t->expect_log(qr/exited on signal 9/);
$t->expect_log(qr/shared memory zone "aicost" was locked by/);

is(code(ask()), '200 ', 'an answer');
my ($first) = $t->ledger(1);
my ($COST, $HELD) = map { nano($first->{$_}) } qw/cost reserved/;
cmp_ok($COST, '<', $HELD, 'costs less than was reserved');

# clients, until the file is there; a connection may break off, none may hang

my $dir = $t->testdir();

$t->run_daemon(sub {
	my @hung = parallel(8, sub {
		my ($i) = @_;
		my ($hung, $bad) = (0, 0);

		# the metrics are read under the lock

		while ($i >= 6 && !-e "$dir/over") {
			eval { $t->metrics_now() };
		}

		until (-e "$dir/over") {
			my $r = eval { ask(rand() < 0.3) } or next;
			$hung++ if $r->{timed_out};
			$bad++ if $r->complete()
				&& code($r) !~ /^(?:200 |402 budget_exceeded)$/;
		}

		return "$hung/$bad";
	});

	$t->write_file('ended.new', "@hung");
	rename "$dir/ended.new", "$dir/ended";
});

# the money is for both halves: held by leases it is gone sooner

$t->ledger(10);

my ($killed, $held) = (0, 0);

while ($killed < $KILLS) {
	my @w = $t->workers();
	next unless @w;

	select undef, undef, undef, rand 0.1;
	$killed += kill 'KILL', rand() < 0.1 ? @w : $w[rand @w];
}

# stopped, looked at, and killed when the lock is its own

ok(wait_for(sub { $held += locked(); $held >= $LOCKED }, 60),
	'killed with the lock held') or diag "$held";
$killed += $held;

my @served = map { code(ask()) } 1 .. 5;
is(scalar(grep { /^(?:200|402) / } @served), 5, 'nginx goes on');

# until the money is spent

ok(wait_for(sub { code(ask()) eq '402 budget_exceeded' }, 60),
	'the budget comes to its end');

$t->write_file('over', '')->waitforfile('ended');
is($t->read_file('ended'), join(' ', ('0/0') x 8),
	'no client hung, none had another answer');

ok(wait_for(sub { ($t->status_now() || {})->{open} == 0 }),
	'nothing stays reserved after a lease');

my $r;
wait_for { ($r = ask())->status() == 402 };
my ($left) = $r->json()->{error}{message} =~ /has ([\d.]+) of/;
my $settled = $LIMIT - nano($left);
cmp_ok($settled, '<=', $LIMIT, 'never above the limit');
cmp_ok(nano($left), '<', $HELD, 'to the end');

# a worker may die between the settle and its line in the log

my ($sum, $leases) = (0, 0);
$sum += nano($_->{cost}) for my @ledger = $t->ledger();
$leases += $_ for $t->read_log() =~ /(\d+) leases ran out and were charged/g;

my $unlogged = ($settled - $sum - $leases * $HELD) / $COST;
is($unlogged, int $unlogged, 'settled is whole calls and whole leases');
cmp_ok($unlogged, '>=', 0, 'nothing in the log or in a lease is free');
cmp_ok($unlogged, '<=', 2 * $killed, 'nothing else was charged');

my $rollbacks = $t->status_now()->{rollbacks};
note("held $HELD cost $COST: $killed killed, $held with the lock, $rollbacks operations undone, "
	. @ledger . " logged, $leases leases, $unlogged settled and not logged");

###############################################################################

# a call; as many bytes either way

sub ask {
	return chat($_[0] ? (stream => \1, user => 'uu')
		: (stream => \0, user => 'u'));
}


# some looks at a worker; 1 when it held the lock of the zone and is killed

sub locked {
	my @w = $t->workers() or return 0;
	my $pid = $w[rand @w];
	my $word = zone($pid) or return 0;

	open my $fh, '<', "/proc/$pid/mem" or return 0;

	for (1 .. 200) {
		kill 'STOP', $pid or return 0;
		1 until stopped($pid);

		sysseek $fh, $word, SEEK_SET;
		my $n = sysread $fh, my $lock, 8;

		if (defined $n && $n == 8 && unpack('Q', $lock) == $pid) {
			kill 'KILL', $pid;
			$t->wait_old($pid);
			return 1;
		}

		# stopped again at once, one without threads has not run at all

		kill 'CONT', $pid;
		select undef, undef, undef, rand 0.0002;
	}

	return 0;
}


# where the zone begins: its first word is the lock, which holds a pid

sub zone {
	my ($pid) = @_;

	no warnings 'portable';

	open my $fh, '<', "/proc/$pid/maps" or return 0;

	while (<$fh>) {
		next unless /^([0-9a-f]+)-([0-9a-f]+) rw-s .*\/dev\/zero/;
		return hex $1 if hex($2) - hex($1) == 16 * 1024 * 1024;
	}

	return 0;
}


sub stopped {
	my ($pid) = @_;

	open my $fh, '<', "/proc/$pid/stat" or return 1;
	return (<$fh> // ') T') =~ /\) [TtZX]/;
}

###############################################################################
