#!/usr/bin/perl

# Tests for random user ids: the store does not grow with them, and nobody
# gets a budget of his own that way.  20,000 here, at a cap that is nearly
# reached; a million is for bench.

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

my ($USERS, $CLIENTS) = (20_000, 8);
my ($CAP, $ROOM, $LIMIT) = (100_000, 1000, 500_000_000);
my $r = Aicost::Redis->new($t)->start();

my @edges = map { Aicost::Edge->new($t, zone => '8m',
	redis => $r->url() . ' on_error=closed timeout=2s',
	sim => { args => [ '--canned' ], keep => 64 },
	http => 'aicost_user $http_x_user;',
	location => 'aicost_budget user $aicost_user 0.5EUR/month;')->run() }
	1 .. 2;

ok($_->wait_up(), 'the store is there') for @edges;
is(code($edges[0]->chat(headers => { 'X-User' => 'first' })), '200 ', 'goes');

# as many others as may be, but for a few

$r->pipeline(map { [ 'ZADD', '{aic:default}:ai', 1e15, sprintf '%016d', $_ ] }
	$_ * 1000 .. $_ * 1000 + 999) for 0 .. ($CAP - $ROOM) / 1000 - 1;

my $half = users($USERS / 2, 'a');
my @then = sizes();
my $full = users($USERS / 2, 'b');
my @now = sizes();

is($half->{'rich 200 '}, $USERS / 2, 'users') if !$half->{
	'rich 402 budget_exceeded'};
cmp_ok($full->{'rich 402 budget_exceeded'} // 0, '>', 0,
	'new ones share one budget, until it is spent');
is(join(' ', sort grep { !/ 200 | 402 / } keys %$half, keys %$full), '',
	'answers');

note("keys $then[0], then $now[0]; workers $then[1], then $now[1] kB; "
	. "Redis $then[2], then $now[2] bytes");
cmp_ok($now[0], '<=', $ROOM + 1, 'accounts, and one for all others');
cmp_ok($r->ask('ZCARD', '{aic:default}:ai'), '<=', $CAP + 1, 'the index');
cmp_ok($now[1], '<=', $then[1] + 4096, 'the memory of the edges is flat');

my ($spare) = sort { $b->{settled} <=> $a->{settled} } $r->accounts();
cmp_ok($spare->{settled}, '<=', $LIMIT + 64 * 1_000_000,
	'the shared one holds its limit');
is(code($edges[0]->chat(headers => { 'X-User' => 'first' })), '200 ',
	'who was there before goes on');

$_->done() for @edges;

###############################################################################

sub users {
	my ($n, $who) = @_;

	return Aicost::Load::tally(Aicost::Load->begin(\@edges, $CLIENTS, sub {
		my ($i, $k) = @_;
		return $k < $n / $CLIENTS ? (max_tokens => 5,
			headers => { 'X-User' => "$who-$i-$k" }) : ();
	})->wait());
}


# keys of accounts; kB of the workers; bytes of the store

sub sizes {
	my $kb = 0;

	for my $pid (map { $_->workers() } @edges) {
		open my $fh, '<', "/proc/$pid/status" or next;
		$kb += (join('', <$fh>) =~ /RssAnon:\s+(\d+)/)[0] // 0;
	}

	return (scalar(my @keys = $r->keys_of("b")), $kb,
		$r->info('memory')->{used_memory});
}

###############################################################################
