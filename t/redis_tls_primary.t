#!/usr/bin/perl

# Tests for a primary that is found over TLS: sentinels and nodes of a cluster
# name an address, its certificate is verified too.

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
	->has(qw/module sim openssl/), tls => 1)->plan();

my $LIMIT = 9_000_000_000;
my @stranger = Aicost::Redis::certificate($t, 'stranger',
	of => 'DNS:elsewhere.test');

# sentinels, and a switch to the replica

{
	my $first = Aicost::Redis->new($t, name => 'first', tls => 'all')
		->start();
	my $second = Aicost::Redis->new($t, name => 'second', tls => 'all',
		replica_of => $first)->start();
	my @sentinels = Aicost::Redis::sentinels($t, $first);
	my $e = edge($first, ' sentinel=aicost', @sentinels);

	goes($e, $first, 'sentinels');
	$sentinels[0]->ask('SENTINEL', 'FAILOVER', 'aicost');
	ok(wait_for(sub { ((eval { $second->info('replication') } || {})->{role}
		// '') eq 'master' }, 30), 'sentinels: a switch');
	goes($e, $second, 'sentinels: the new one');
	refused($e, 'sentinels', $second);
	$e->done();
	$_->kill9() for @sentinels, $first, $second;
}

# a cluster: the node that is asked is not the one that has the slot

{
	my @nodes = Aicost::Redis::cluster($t, 3, tls => 'all');
	my $owner = Aicost::Redis::owner($nodes[0]->slot(), @nodes);
	my ($other) = grep { $_ != $owner } @nodes;
	my $e = edge($owner, ' cluster=on', $other);

	goes($e, $owner, 'a cluster');
	refused($e, 'a cluster', $owner);
	$e->done();
}

###############################################################################

sub edge {
	my ($r, $how, @hosts) = @_;

	return Aicost::Edge->new($t, redis => 'rediss://' . join(',', map {
		"127.0.0.1:$_->{tls_port}" } @hosts) . $how . ' timeout=1s '
		. "on_error=closed trusted_certificate=$r->{ca}",
		location => 'aicost_budget day $aicost_consumer 9EUR/month;')
		->run();
}


sub goes {
	my ($e, $r, $name) = @_;

	ok(wait_for(sub { $e->chat()->status() == 200 }, 30), "$name: goes");

	my $logged;

	ok(wait_for(sub {
		$logged = $e->logged();
		$r->wait_settled($LIMIT)->{settled} == $logged;
	}), "$name: all is settled");
	is(() = $r->ask('CLIENT', 'LIST')
		=~ /^.*laddr=127.0.0.1:$r->{port} .*name=aicost/mg, 0,
		"$name: nothing without TLS");
}


# the primary shows a certificate of somebody else; servers among themselves
# look at its authority alone

sub refused {
	my ($e, $name, $r) = @_;

	# one that is still on its way to it would say why it was not there

	ok(wait_for(sub { (() = $r->ask('CLIENT', 'LIST')
		=~ /^.*name=aicost/mg) == $e->workers() }),
		"$name: all workers are there");

	# an outage says what it began with, which may be the hanging up

	for (1 .. 8) {
		$r->show(@stranger[0, 1]);
		last if !$e->wait_up(0)
			|| $e->read_log() =~ /unavailable \(IP address mismatch\)/;
		$r->show(@$r{qw/cert key/});
		$e->wait_up();
	}

	ok($e->wait_up(0), "$name: another certificate");
	is(code($e->chat()), '503 budget_store_unavailable', "$name: refused");
	like($e->read_log(), qr/unavailable \(IP address mismatch\)/,
		"$name: it says why");
	$r->show(@$r{qw/cert key/});
	ok($e->wait_up() && wait_for(sub { $e->chat()->status() == 200 }),
		"$name: heals");
}

###############################################################################
