#!/usr/bin/perl

# Tests for a store at a unix socket: a file that comes, goes, and may be
# forbidden.

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

my $r = Aicost::Redis->new($t, unix => 1, options => { appendonly => 'yes',
	unixsocketperm => 777 });
my $sock = $r->{sock};

# root may do everything: the workers are somebody else

my ($gid) = (getpwnam 'nobody')[3];
my @nobody = $> ? () : (user => 'nobody ' . getgrgid $gid);

my %edge = map { $_ => Aicost::Edge->new($t, free => 1, workers => 1, @nobody,
	redis => $r->url() . " on_error=$_ timeout=1s", sim => { tokens => 60 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run() }
	qw/closed degrade/;
my @edges = map { $edge{$_} } sort keys %edge;
my $lines = 0;

# not there yet

away('before its start', qr/no such socket/);

$r->start();
back('before its start');

# it dies, its file stays for a while

$r->kill9();
ok(-S $sock, 'a dead socket');
away('a dead socket', qr/connection refused/);
unlink $sock;
is(code($edge{closed}->chat()), $STORE, 'no socket: closed');
$r->start();
back('a new socket');

# nobody may use it

chmod 0, $sock;
$r->drop();
away('a forbidden socket', qr/no permission for its socket/);
chmod 0777, $sock;
back('an allowed socket');

# another file takes its place, the old connections go on

rename $sock, "$sock.old";
is(code($edge{closed}->chat()), '200 ', 'renamed: goes on');
$r->drop();
away('renamed', qr/no such socket/);
rename "$sock.old", $sock;
back('renamed');

# another database

my $db = Aicost::Edge->new($t, redis => $r->url() . '?db=3 on_error=closed '
	. 'timeout=1s', location => 'aicost_budget day $aicost_consumer '
	. '9EUR/month;', @nobody)->run();
ok($db->wait_up(), 'a database');
is(code($db->chat()), '200 ', 'goes');
like($r->ask('INFO', 'keyspace'), qr/^db3:keys=/m, 'of this number');

$_->done() for @edges, $db;

###############################################################################

# each edge says once that it is gone, and why; then its policy answers

sub away {
	my ($when, $why) = @_;

	$lines++;

	for my $policy (sort keys %edge) {
		my $e = $edge{$policy};

		ok($e->wait_up(0), "$when: $policy sees it");

		my $r = $e->chat();
		is($policy eq 'closed' ? code($r) : $r->status() . ' '
			. $r->header('X-AICost-Tier'), $policy eq 'closed'
			? $STORE : '200 free', "$when: $policy");
		is(metric($e->metrics_now(), 'aicost_store_outages_total'),
			$lines, "$when: $policy counts it");
	}

	wait_tries();

	for my $policy (sort keys %edge) {
		my @log = grep { /\[(?:warn|error|crit|alert|emerg)\]/
			&& /\Q$sock\E/ && !/append-only/ }
			split /\n/, $edge{$policy}->read_log();

		is(@log, $lines, "$when: one line of $policy");
		like($log[-1], $why, "$when: it says why");
	}
}


# until the store was tried for some more times: a beat is a second

sub wait_tries {
	my $end = time() + 3;

	wait_for { time() >= $end };
}


sub back {
	my ($when) = @_;

	for my $e (@edges) {
		ok($e->wait_up(), "$when: heals");
		ok(wait_for(sub { ($e->chat()->header('X-AICost-Tier') // '')
			eq 'premium' }), "$when: goes");
		is_deeply([ $e->outages() ], [ $lines, $lines ],
			"$when: and says so");
	}

	my $logged;

	wait_for {
		$logged = $edges[0]->logged() + $edges[1]->logged();
		$r->wait_settled($LIMIT)->{settled} == $logged;
	};

	is($r->totals($LIMIT)->{settled}, $logged, "$when: all is settled");
	is($r->totals($LIMIT)->{reserved}, 0, "$when: nothing is held");
}

###############################################################################
