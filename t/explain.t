#!/usr/bin/perl

# Tests for aicost explain: what the next request will get, and nothing of it.

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

$t->gateway(sim => { tokens => 50 },
	server => <<'CONF',

        location /rate/ {
            aicost_pass premium;
            aicost_rate rate $aicost_consumer 1r/h;
        }
CONF
	http => 'aicost_output min=40;',
	location => 'aicost_budget day $aicost_consumer 0.003EUR/day '
		. 'downgrade=50%:cheap;')->run();

$t->write_file('key', consumer_key('bot') . "\n");
$t->write_file('request.json', encode_json({ model => 'auto',
	max_tokens => 50, messages => [ { role => 'user',
	content => 'hello' } ] }));

# each answer is what the request after it gets: policy, mark, refusal, kill

my (%tiers, $r, $e);

for my $n (1 .. 60) {
	$e = ask_explain();
	$r = chat();

	if ($r->status() != 200) {
		last;
	}

	my $tier = $r->header('X-AICost-Tier');
	next if $tiers{$tier}++;

	ok($e->{allowed}, "$tier: allowed");
	is($e->{tier}, $tier, "$tier: tier");
	is($e->{model}, $r->header('X-AICost-Model'), "$tier: model");
	is($e->{reason}, $r->header('X-AICost-Reason'), "$tier: reason");
}

is(join(' ', sort keys %tiers), 'cheap premium', 'before and after the mark');
is($r->status(), 402, 'spent');
ok(!$e->{allowed}, 'and explained');
is($e->{reason}, 'budget_exceeded', 'why');

# nothing is sent, reserved or counted

my $requests = $t->sim_state($t->{sim_port})->{requests};
my $m = $t->metrics_now();
is(ask_explain()->{reason}, 'budget_exceeded', 'again') for 1 .. 3;
ok(ask_explain('rate')->{allowed}, 'a rate is not used up') for 1 .. 3;
is($t->sim_state($t->{sim_port})->{requests}, $requests, 'nothing is sent');

my $now = $t->metrics_now();
is(metric($now, $_) // 0, metric($m, $_) // 0, $_)
	for qw/aicost_requests_total aicost_cost_total aicost_refused_total
	aicost_reserved aicost_budget_used_ratio/;

is(code(chat(uri => '/rate/v1/chat/completions')), '200 ', 'the rate');
$e = ask_explain('rate');
ok(!$e->{allowed}, 'is used up by a request');
is($e->{reason}, 'rate_limit_exceeded', 'why');

is(($t->control('kill'))[0], 0, 'kill');
is(ask_explain()->{reason}, 'kill_switch', 'the kill switch');

# only with the operator's token

$r = chat(headers => { 'X-AICost-Explain' => 'wrong' });
is(code($r), '403 kill_switch', 'a wrong token is a request like any other');

###############################################################################

sub ask_explain {
	my ($where) = @_;

	my ($rc, $out, $err) = $t->control('explain', '--json', '--url',
		'http://127.0.0.1:' . port(8080) . ($where ? "/$where" : '')
		. '/v1/chat/completions', '--key-file', $t->testdir() . '/key',
		$t->testdir() . '/request.json');
	die "explain: $rc $err\n" if $rc;

	return decode_json($out);
}

###############################################################################
