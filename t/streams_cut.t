#!/usr/bin/perl

# Tests for streams that outlive their session's money: a valid end, then silence.

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

# the provider ignores the cap: 2000 tokens, one an event

$t->gateway(sim => { tokens => 2000, fault => '100%:ignorecap', slow => 1 },
	location => 'aicost_budget visit $aicost_session 0.002EUR/session; '
		. 'aicost_budget any $aicost_consumer 10EUR/day; '
		. 'aicost_output min=10;')->run();

my $LIMIT = 2_000_000;

for my $session ('named', undef) {
	my $name = $session // 'unnamed';

	$t->sim_reset($t->{sim_port});

	my $r = chat(stream => JSON::PP::true, max_tokens => 50,
		session => $session);
	is($r->status(), 200, "$name: a stream");
	ok($r->complete(), "$name: that ends as HTTP ends");

	my @data = $r->data();
	is($data[-1], '[DONE]', "$name: [DONE]");

	my @chunks = grep { ref } @data;
	my $last = $chunks[-1];
	is($last->{choices}[0]{finish_reason}, 'length',
		"$name: finish_reason");
	is($last->{object}, 'chat.completion.chunk', "$name: object");
	is($last->{id}, $chunks[0]{id}, "$name: one id");
	is($last->{model}, $chunks[0]{model}, "$name: one model");
	is($last->{created}, $chunks[0]{created}, "$name: one time");
	is(ref $last->{choices}[0]{delta}, 'HASH', "$name: delta");
	is(scalar(grep { ($_->{choices}[0]{finish_reason} // '') ne '' }
		@chunks), 1, "$name: one end");
	cmp_ok(@chunks, '<', 1000, "$name: long before the provider's end");

	my ($seen) = $t->sim_wait($t->{sim_port}, 1);
	ok($seen->{aborted}, "$name: the provider's connection is closed");
	cmp_ok($seen->{events}, '<', 2000, "$name: before it was done");

	my ($comment) = grep { /aicost cost=/ } $r->comments();
	my ($cost) = $comment =~ /cost=([\d.]+) currency=EUR/;
	cmp_ok(nano($cost), '>', 500_000, "$name: cost of what was delivered");
	cmp_ok(nano($cost), '<=', 1.25 * $LIMIT, "$name: near the budget");
}

my @ledger = $t->ledger(2);
is(nano($_->{cost}) > 0 ? 1 : 0, 1, 'accounted') for @ledger;
is(metric($t->metrics_now(), 'aicost_requests_total',
	reason => 'session_spent'), 2, 'by its reason');
is(metric($t->metrics_now(), 'aicost_reserved', budget => 'any'), 0,
	'nothing stays reserved');

my $r = chat(session => 'named', max_tokens => 50);
is(code($r), '402 budget_exceeded', 'the session is spent');
is(code(chat(session => 'new', max_tokens => 50)), '200 ', 'others are not');

###############################################################################
