#!/usr/bin/perl

# Tests for on_error=local: what was leased in advance is spent while the store
# is away, and the limit holds all the same; the other policies beside it.

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
use Aicost::Fault;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $STORE = '503 budget_store_unavailable';
my $LIMIT = 300_000_000;
my $r = Aicost::Redis->new($t)->start();

# a tenth of the limit is for outages: a twentieth an edge

my (%edges, %fault);

for my $policy (qw/local closed degrade/) {
	@{ $fault{$policy} } = map { Aicost::Fault->new($t,
		to => $r->port_of()) } 1 .. 2;
	@{ $edges{$policy} } = map { Aicost::Edge->new($t, free => 1,
		redis => $_->url() . " on_error=$policy domain=$policy",
		sim => { tokens => 60, keep => 64 },
		consumers => { map { $_ => {} } qw/bot other late/ },
		http => 'aicost_outage_allowance 10%;',
		location => 'aicost_budget day $aicost_consumer '
			. '0.3EUR/month mode=upper; aicost_output min=10;')
		->run() } @{ $fault{$policy} };
}

my @edges = @{ $edges{local} };
my @all = map { @$_ } @edges{qw/local closed degrade/};

ok($_->wait_up(), 'the store is there') for @all;

for my $e (@edges) {
	ok(wait_for(sub { (metric($e->metrics_now(), 'aicost_edges') // 0)
		== 2 }), 'and both edges');
}

# accounts that are used are lent money

for my $e (@all) {
	is(code($e->chat(as => $_)), '200 ', 'a request') for qw/bot other/;
}

my $lent;
ok(wait_for(sub {
	$lent = $r->totals($LIMIT, domain => 'local')->{reserved};
	$lent >= 0.95 * 2 * 0.1 * $LIMIT;
}), 'money is lent: a tenth of the limit of each account');
cmp_ok($lent, '<=', 1.05 * 2 * 0.1 * $LIMIT, 'and no more');

for my $e (@edges) {
	ok(wait_for(sub { (metric($e->metrics_now(), 'aicost_store_lent') // 0)
		== 2 }), 'each edge knows of it');
}

is($r->wait_settled($LIMIT, domain => $_)->{reserved}, 0, "none, $_")
	for qw/closed degrade/;

my %before = map { $_ => spent($_) } qw/local closed degrade/;

# both edges are cut off, until they have nothing left

$_->set('hang') for map { @$_ } values %fault;

my (%paid, %after);

for my $e (@edges) {
	chat_until($e, 503);

	my $r = $e->chat(as => 'bot', max_tokens => 100);
	is(code($r), $STORE, 'the allowance is spent');
	like(scalar $r->header('Retry-After'), qr/^[1-9]/, 'Retry-After');
	is(code($e->chat(as => 'late')), $STORE,
		'who was never here gets nothing');
	is($e->chat(model => 'free')->header('X-AICost-Tier'), 'free',
		'what is free is served');
}

cmp_ok($paid{$_->{index}} // 0, '>=', 0.6 * 0.05 * $LIMIT,
	'most of what an edge had is spent') for @edges;
cmp_ok($paid{$_->{index}} // 0, '<=', 0.05 * $LIMIT, 'and no more')
	for @edges;

for my $e (@{ $edges{closed} }) {
	wait_for { $e->chat()->status() == 503 };
	is(code($e->chat()), $STORE, 'closed: nothing') for 1 .. 3;
	is($e->chat(model => 'free')->status(), 200, 'closed: but what is '
		. 'free');
}

for my $e (@{ $edges{degrade} }) {
	my @r = map { $e->chat() } 1 .. 8;
	is_deeply([ map { join ' ', $_->status(), map { $_ // '' }
		scalar $_->header('X-AICost-Tier'),
		scalar $_->header('X-AICost-Reason') } @r ],
		[ ('200 free free_tier') x 8 ], 'degrade: only free');
}

is(spent($_), $before{$_}, "$_: nothing is spent meanwhile")
	for qw/closed degrade/;

$_->set('pass') for map { @$_ } values %fault;
ok($_->wait_up(), 'all are back') for @all;

my $paid = 0;
$paid += $_ for values %paid;

ok(wait_for(sub { settled() == $before{local} + $paid }),
	'what was spent is told');
is(settled(), $before{local} + $paid, 'to the nano');
is(settled(), $edges[0]->logged() + $edges[1]->logged(),
	'as both have logged');
is($r->totals($LIMIT, domain => $_)->{settled}, $before{$_}, "$_: nothing")
	for qw/closed degrade/;

# to the end of the budget, cut off a second time when little is left

for my $round (1 .. 2) {
	Aicost::Load->begin(\@edges, 8, sub {
		my ($i, $k) = @_;
		return $k < 60 ? (max_tokens => 100) : ();
	})->wait();

	$_->set('refuse') for @{ $fault{local} };
	$_->wait_up(0) for @edges;

	Aicost::Load->begin(\@edges, 8, sub {
		my ($i, $k) = @_;
		return $k < 10 ? (max_tokens => 100) : ();
	})->wait();

	$_->set('pass') for @{ $fault{local} };
	ok($_->wait_up(), "round $round: back") for @edges;
	ok(wait_for(sub { settled() == $edges[0]->logged()
		+ $edges[1]->logged() }), "round $round: all is told");

	my ($bot) = sort { $b->{settled} <=> $a->{settled} }
		grep { $_->{limit} == $LIMIT }
		$r->accounts(domain => 'local');
	cmp_ok($bot->{settled}, '<=', $LIMIT,
		"round $round: never above the limit");
	cmp_ok($bot->{settled} + $bot->{reserved}, '<=', $LIMIT,
		"round $round: nor with what is held");
}

$_->done() for @all;

###############################################################################

sub chat_until {
	my ($edge, $status) = @_;

	for (1 .. 500) {
		my $r = $edge->chat(max_tokens => 60);
		return if $r->status() == $status
			&& ($paid{$edge->{index}} || $_ > 50);
		$paid{$edge->{index}} += nano(scalar
			$r->header('X-AICost-Cost')) // 0
			if $r->status() == 200;
	}
}


sub settled {
	return $r->totals($LIMIT, domain => 'local')->{settled};
}


# nano of both edges of a policy

sub spent {
	my ($policy) = @_;
	my $sum = 0;

	$sum += $_->logged() for @{ $edges{$policy} };

	return $sum;
}

###############################################################################
