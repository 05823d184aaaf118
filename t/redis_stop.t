#!/usr/bin/perl

# Tests for the end of workers while their store hangs: what waits for it is
# answered by the policy, and nothing holds nginx back.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $STORE = '503 budget_store_unavailable';
my $LIMIT = 9_000_000_000;
my $r = Aicost::Redis->new($t)->start();

my ($long, $e) = map { Aicost::Edge->new($t, zone => "16m lease=$_",
	redis => $r->url() . ' on_error=closed timeout=2s',
	sim => { tokens => 60, slow => 10 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;') }
	qw/30s 3s/;

# a lease that was renewed holds no worker that has nothing to do

$long->run();
up($long);
$t->sim_next($t->{sim_port}, ('slow=215') x 2);
my @streams = map { stream($long) } 1 .. 2;
$_->read_until(qr/data: /) for @streams;

my ($end) = ends();
ok(wait_for(sub { ((ends())[0] // 0) > $end }), 'the leases are renewed');
$_->read_until(qr/\[DONE\]/) for @streams;
$_->close() for @streams;
is($r->wait_settled($LIMIT)->{open}, 0, 'the streams are over');
ends_on($long, 'QUIT', 'renewed');

# reserves that wait, settlements without an answer

$e->run();

for my $how (qw/QUIT reload TERM/) {
	up($e);
	my @old = $e->workers();
	my $before = $r->wait_settled($LIMIT);
	my $served = logged();
	my @streams = map { stream($e) } 1 .. 4;
	$_->read_until(qr/data: /) for @streams;

	$r->freeze();
	my @waits = map { $e->begin() } 1 .. 8;
	$_->read_until(qr/\[DONE\]/) for @streams;

	if ($how eq 'reload') {
		ok($e->reload(), 'a reload');

	} else {
		kill $how, $e->master();
	}

	if ($how ne 'TERM') {
		is_deeply([ map { code($_->finish()) } @waits ],
			[ ($STORE) x 8 ], "$how: the policy answers");
	}

	if ($how eq 'reload') {
		ok($e->wait_old(@old), "$how: old workers end");
		is(code($e->chat()), $STORE, "$how: new ones go by the "
			. 'policy');
		$r->thaw();

	} else {
		ends_on($e, undef, $how);
		$r->thaw();
		$e->run();
	}

	$_->close() for @streams, @waits;

	# what was sent is carried out, in order; what was not, its lease charges

	my ($sum, $logged);

	up($e);
	wait_for {
		$sum = $r->wait_settled($LIMIT);
		$logged = logged();
		$sum->{settled} >= $logged;
	};
	is("$sum->{open} $sum->{reserved}", '0 0', "$how: nothing is held");
	cmp_ok($sum->{settled}, '>=', $logged, "$how: nothing is free");
	is($sum->{settled} - $before->{settled}, $logged - $served,
		"$how: to the nano") if $how eq 'reload';
	note("$how: settled $sum->{settled}, logged $logged, unverified "
		. $sum->{unverified});
}

# a worker that exits calls nobody: it would never be charged

my $open = Aicost::Edge->new($t, redis => $r->url() . ' on_error=open '
	. 'timeout=12s domain=open',
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run();

up($open);

# each worker has a connection to the provider
ok(wait_for(sub { $open->chat(); keys %{ { map { $_->{pid} => 1 }
	$open->ledger() } } == 2 }), 'both workers');

my $calls = $t->sim_state($t->{sim_port})->{requests};

$r->freeze();
my @waits = map { $open->begin() } 1 .. 16;
ok(wait_for(sub { unread($r->port_of()) >= 16 * 400 }),
	'they wait for the store');
ends_on($open, 'TERM', 'open');
$r->thaw();
is($t->sim_state($t->{sim_port})->{requests}, $calls, 'open: no call');
$_->close() for @waits;

$_->done() for $long, $e, $open;

###############################################################################

sub stream {
	my ($edge) = @_;

	return $edge->begin(stream => JSON::PP::true);
}


sub logged {
	return $e->logged() + $long->logged();
}


sub up {
	my ($edge) = @_;

	ok($edge->wait_up() && wait_for(sub { $edge->chat()->status() == 200 }),
		'the store is there');
}


# bytes that a server has not read yet

sub unread {
	my ($port) = @_;
	my $sum = 0;

	open my $fh, '<', '/proc/net/tcp' or die "/proc/net/tcp: $!\n";

	while (<$fh>) {
		$sum += hex $2 if /^\s*\d+: \w+:(\w{4}) \S+ 01 \w+:(\w+)/
			&& hex $1 == $port;
	}

	return $sum;
}


# when the leases of what is open end

sub ends {
	return sort { $a <=> $b } map { $_->{expires} }
		grep { $_->{state} == 1 } $r->reservations();
}


# nginx ends by itself, with nothing to complain of

sub ends_on {
	my ($edge, $signal, $when) = @_;
	my $pid = $edge->master();

	kill $signal, $pid if $signal;
	my $gone = wait_for { waitpid($pid, POSIX::WNOHANG()) == $pid } 6;

	is($gone ? $? : 'still there', 0, "$when: nginx ends");
	$edge->stop('KILL') unless $gone;
	delete $edge->{nginx};
}

###############################################################################
