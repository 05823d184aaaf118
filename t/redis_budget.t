#!/usr/bin/perl

# Tests for one budget across two edges: two workers each, no overshoot, one
# stop button.

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

my $r = Aicost::Redis->new($t)->start();

# nano; each budget here is known by its limit

my ($UPPER, $KILLED, $WARN, $LATCH, $MANUAL) = map { $_ * 1_000_000 }
	300, 301, 2, 3, 9000;

my @edges = map { Aicost::Edge->new($t,
	redis => $r->url() . ' on_error=closed timeout=1s',
	zone => '16m lease=2s', sim => { tokens => 60, keep => 8192 },
	consumers => { bot => {}, other => {},
		vip => { critical => JSON::PP::true } },
	server => <<'CONF',

        location /killed/ {
            aicost_pass premium;
            aicost_budget killed $aicost_consumer 0.301EUR/month mode=upper;
            aicost_output min=10;
        }

        location /rate/ {
            aicost_pass premium;
            aicost_rate few $aicost_consumer 6r/m burst=9;
        }

        location /warn/ {
            aicost_pass premium;
            aicost_budget warn $aicost_consumer 0.002EUR/month limit=soft
                          warn=40%;
        }

        location /latch/ {
            aicost_pass premium;
            aicost_budget latch $aicost_consumer 0.003EUR/month limit=soft
                          kill=110%;
        }

        location /manual/ {
            aicost_pass premium;
            aicost_budget manual $aicost_consumer 9EUR/month;
        }
CONF
	location => 'aicost_budget day $aicost_consumer 0.3EUR/month '
		. 'mode=upper; aicost_output min=10;')->run() } 1 .. 2;

ok($_->wait_up(), 'the store is there') for @edges;
ok(wait_for(sub { (metric($edges[0]->metrics_now(), 'aicost_edges') // 0)
	== 2 }), 'and both edges');

# 100 tokens asked at most, 60 given

my @all = Aicost::Load->begin(\@edges, 128, sub {
	my ($i, $k) = @_;
	return $k < 10 ? (max_tokens => 20 + ($i * 7 + $k * 13) % 81) : ();
})->wait();

my $seen = Aicost::Load::tally(@all);
is(join(', ', sort keys %$seen), 'rich 200 , rich 402 budget_exceeded',
	'answers');
is_deeply([ Aicost::Load::mismatched(@all) ], [], 'each of its own request');

my $a = $r->wait_settled($UPPER);
cmp_ok($a->{settled}, '<=', $UPPER, 'never above the limit');
is($a->{settled}, Aicost::Load::cost(@all), 'what answers say is settled');

# one edge alone, until there is no room for the least output

for (1 .. 100) {
	my $r = { Aicost::Load::said('rich',
		$edges[$_ % 2]->chat(max_tokens => 100)) };
	push @all, $r;
	last if $r->{status} != 200;
}

is($all[-1]{code}, '402 budget_exceeded', 'refused with nothing in flight');

$a = $r->wait_settled($UPPER);
is($a->{n}, 1, 'one account');
cmp_ok($a->{settled}, '<=', $UPPER, 'still not above the limit');
cmp_ok($a->{settled}, '>=', 0.9 * $UPPER, 'nine tenths of it are spent');
is($a->{reserved}, 0, 'nothing stays reserved');
is($a->{settled}, Aicost::Load::cost(@all), 'the sum of all answers');
is($a->{settled}, $edges[0]->logged() + $edges[1]->logged(),
	'and of both logs');
is_deeply([ @$a{qw/lost unverified over/} ], [ 0, 0, 0 ],
	'nothing beside the rule');

for my $e (@edges) {
	my %pids = map { $_->{pid} => 1 } grep { $_->{status} == 200 }
		$e->ledger();
	is(keys %pids, 2, 'both workers of an edge');
}

is(code(chat(as => 'other')), '200 ', 'others have their own');

# workers that die

$_->expect_log(qr/exited on signal 9/) for @edges;

my $load = Aicost::Load->begin(\@edges, 32, sub {
	my ($i, $k) = @_;
	return $k < 60 ? (uri => '/killed/v1/chat/completions',
		max_tokens => 100) : ();
});

for my $round (1 .. 3) {
	for my $e (@edges) {
		Aicost::Edge::wait_more(20, undef, $e);
		my ($pid) = $e->workers();
		kill 'KILL', $pid;
		ok(wait_for(sub { !grep({ $_ == $pid } $e->workers())
			&& $e->workers() == 2 }), 'a worker dies');
	}
}

@all = grep { $_->{status} } $load->wait();
is_deeply([ Aicost::Load::mismatched(@all) ], [], 'each of its own request');
$a = $r->wait_settled($KILLED);
is("$a->{open} $a->{reserved}", '0 0', 'nothing is held after the lease');
cmp_ok($a->{settled}, '<=', $KILLED, 'inside the limit');
cmp_ok($a->{settled}, '>=', Aicost::Load::cost(@all), 'nothing is free');
note("settled $a->{settled}, answered " . Aicost::Load::cost(@all)
	. ", unverified $a->{unverified}");

# rates

my @codes = map { code($edges[$_ % 2]->chat(
	uri => '/rate/v1/chat/completions')) } 1 .. 12;
is_deeply([ @codes[0 .. 9] ], [ ('200 ') x 10 ], 'a rate, both edges');
is_deeply([ @codes[10, 11] ], [ ('429 rate_limit_exceeded') x 2 ],
	'no more, on both');

# a mark is passed once

$edges[$_ % 2]->chat(uri => '/warn/v1/chat/completions') for 1 .. 4;
is($r->wait_settled($WARN)->{n}, 1, 'settled');
my $warned = 0;
$warned += () = $_->read_log() =~ /budget "warn" passed its warning mark/g
	for @edges;
is($warned, 1, 'one warning for both edges');

# kill=: by what both have spent

my $latch = '/latch/v1/chat/completions';
my $spent = 0;

for (1 .. 20) {
	my $r = $edges[$_ % 2]->chat(uri => $latch);
	last if $r->status() != 200;
	$spent += nano(scalar $r->header('X-AICost-Cost'));
}

ok(wait_for(sub { code($_->chat(uri => $latch)) eq '403 kill_switch' }),
	'stopped') for @edges;
cmp_ok($spent, '>', 1.1 * $LATCH, 'not before');
cmp_ok($spent, '<=', 1.5 * $LATCH, 'nor long after');
is(code($edges[0]->chat(uri => $latch, as => 'other')), '200 ',
	'others are not');

# the stop button

my ($first, $second) = @edges;
my $manual = '/manual/v1/chat/completions';
my $stopped = '403 kill_switch';

is(code($_->chat(uri => $manual)), '200 ', 'goes') for @edges;

is(run($first, 'kill', 'manual', '--key', 'bot', '--why', 'loop'), '0 ',
	'kill on one edge');
is(code($second->chat(uri => $manual)), $stopped, 'stops the other');
is(code($first->chat(uri => $manual)), $stopped, 'and itself');
is(code($second->chat(uri => $manual, as => 'other')), '200 ',
	'others are not');
is(run($second, 'resume', 'manual', '--key', 'bot'), '0 ',
	'resume on the other');
is(code($_->chat(uri => $manual)), '200 ', 'goes again') for @edges;

is(run($second, 'kill', '--why', 'all of it'), '0 ', 'kill everything');
is(code($_->chat(uri => $manual, as => 'other')), $stopped, 'on every edge')
	for @edges;

for my $e (@edges) {
	my $s;
	ok(wait_for(sub { ($s = decode_json(($e->control('status',
		'--json'))[1]))->{kill_all} }), 'status says it');
	is((grep { $_->{label} eq 'all' } @{ $s->{kills} })[0]{why}, 'all of it',
		'and why');
}

is(run($first, 'resume'), '0 ', 'resume');
is(code($_->chat(uri => $manual)), '200 ', 'goes again') for @edges;

# a kill that nginx was told once outlives a reload and a restart

is(run($first, 'kill', 'manual'), '0 ', 'kill a budget');
ok($second->reload(), 'reload');
ok(wait_for(sub { code($second->chat(uri => $manual)) eq $stopped }),
	'still stopped');
$second->stop();
$second->run();
ok($second->wait_up(), 'a restart');
is(code($second->chat(uri => $manual)), $stopped, 'still stopped');
is(run($second, 'resume', 'manual'), '0 ', 'resume');

# streams go to their end, and are settled

$t->sim_next($t->{sim_port}, 'slow=20');
my $stream = $first->begin(uri => $manual, stream => JSON::PP::true,
	headers => { Connection => 'close' });
$stream->read_until(qr/data: /);
cmp_ok($r->totals($MANUAL)->{open}, '==', 1, 'a stream is open');
is(run($second, 'kill', 'manual'), '0 ', 'killed on the other edge');
like($stream->finish()->body(), qr/aicost cost=.*\[DONE\]/s, 'it ends');
is(code($first->chat(uri => $manual)), $stopped, 'and no more begin');
is($r->wait_settled($MANUAL)->{open}, 0, 'settled');
is(run($first, 'resume', 'manual'), '0 ', 'resume');

# austerity

is(run($first, 'mode', 'downgrade', '100%', '--why', 'shock'), '0 ',
	'mode downgrade');

for my $e (@edges) {
	ok(wait_for(sub { tier($e) eq 'cheap' }), 'on every edge');
	is(tier($e, as => 'vip'), 'premium', 'none that is critical');
	ok(wait_for(sub { decode_json(($e->control('status', '--json'))[1])
		->{mode} eq 'downgrade' }), 'status');
}

is(run($second, 'mode', 'normal'), '0 ', 'mode normal');
ok(wait_for(sub { tier($_) eq 'premium' }), 'normal again') for @edges;

$_->done() for @edges;

###############################################################################

sub run {
	my ($edge, @args) = @_;
	my ($rc, undef, $err) = $edge->control(@args);

	return "$rc $err";
}


sub tier {
	my ($edge, %ask) = @_;

	return scalar($edge->chat(uri => $manual, session => 'x', %ask)
		->header('X-AICost-Tier')) // '';
}

###############################################################################
