#!/usr/bin/perl

# Tests for the headers that name a version or features: between equal shapes
# those that are listed pass, nothing else does.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Shapes;
use Aicost::Canned;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module/)->plan();

my %models = map { ("$_/m" => { input => '2', output => '10',
	max_output => 1000, context => 100000, can => [] }) }
	qw/openai responses anthropic gemini fixed wide/;

$t->gateway(prices => prices(%models), http => <<'CONF');
    aicost_provider openai http://127.0.0.1:%%PORT_9010%%/v1;
    aicost_provider responses http://127.0.0.1:%%PORT_9010%%/v1 api=responses;
    aicost_provider gemini http://127.0.0.1:%%PORT_9010%%/v1beta api=gemini;
    aicost_provider anthropic http://127.0.0.1:%%PORT_9010%% api=anthropic;
    aicost_provider fixed http://127.0.0.1:%%PORT_9010%% api=anthropic
        version=2024-01-01;
    aicost_provider wide http://127.0.0.1:%%PORT_9010%% api=anthropic
        beta=context-1m beta=new;

    aicost_tier to-openai openai/m;
    aicost_tier to-responses responses/m;
    aicost_tier to-gemini gemini/m;
    aicost_tier to-anthropic anthropic/m;
    aicost_tier to-fixed fixed/m;
    aicost_tier to-wide wide/m;
CONF

canned($t, 9010);
$t->run();

my @BOTH = ('interleaved-thinking-2025-05-14', 'context-1m-2025-08-07');

# client, provider, headers; version, features, what was left out

my @cases = (
	[ anthropic => 'anthropic', { 'anthropic-version' => '2025-01-01' },
		'2025-01-01', undef, undef ],
	[ anthropic => 'anthropic', { 'anthropic-version' => '2025-01-01x' },
		'2023-06-01', undef, undef ],
	[ anthropic => 'anthropic', { 'anthropic-version' => undef },
		'2023-06-01', undef, undef ],
	[ anthropic => 'fixed', { 'anthropic-version' => '2025-01-01' },
		'2024-01-01', undef, undef ],
	[ anthropic => 'openai', { 'anthropic-version' => '2025-01-01' },
		undef, undef, undef ],
	[ anthropic => 'anthropic', { 'anthropic-beta' => $BOTH[0] },
		'2023-06-01', $BOTH[0], undef ],
	[ anthropic => 'anthropic', { 'anthropic-beta' =>
		" $BOTH[1] ,\t$BOTH[0],,effort" }, '2023-06-01',
		"$BOTH[0],effort", 'anthropic-beta' ],
	[ anthropic => 'wide', { 'anthropic-beta' => join ', ', @BOTH, 'new' },
		'2023-06-01', "$BOTH[0],$BOTH[1],new", undef ],
	[ anthropic => 'anthropic', { 'anthropic-beta' =>
		'effortless, pdfs-x, files-api-, oauth-2025-04-20, fast-mode' },
		'2023-06-01', undef, 'anthropic-beta' ],
	[ anthropic => 'anthropic', { 'anthropic-beta' => join ',',
		map { "pdfs-$_" . '0' x 60 } 10 .. 40 }, '2023-06-01', undef,
		'anthropic-beta' ],
	[ anthropic => 'openai', { 'anthropic-beta' => $BOTH[0] },
		undef, undef, 'anthropic-beta' ],
	[ openai => 'anthropic', { 'anthropic-beta' => $BOTH[0],
		'anthropic-version' => '2025-01-01', 'OpenAI-Beta' =>
		'responses=v1' }, '2023-06-01', undef, 'openai-beta' ],
	[ openai => 'openai', { 'OpenAI-Beta' =>
		'assistants=v2, responses=v1', 'anthropic-beta' => 'effort',
		'OpenAI-Organization' => 'org', 'X-Other' => 'x' },
		undef, 'responses=v1', 'openai-beta' ],
	[ responses => 'responses', { 'OpenAI-Beta' => 'responses=v1' },
		undef, 'responses=v1', undef ],
	[ gemini => 'gemini', { 'anthropic-beta' => 'effort', 'OpenAI-Beta' =>
		'responses=v1' }, undef, undef, undef ],
);

###############################################################################

for (@cases) {
	my ($client, $p, $headers, $version, $betas, $dropped) = @$_;
	my $name = "$client, $p, " . join ' ', map { "$_: "
		. substr $headers->{$_} // '-', 0, 40 } sort keys %$headers;

	canned_says(200, answer($p));
	my $r = shape_ask($client, "to-$p", key => consumer_key('bot'),
		cap => 50, under => $client eq 'gemini' ? '/v1' : '',
		headers => $headers);
	is($r->status(), 200, "$name: status") or diag($r->body());
	is($r->header('X-AICost-Dropped'), $dropped, "$name: left out");

	my ($head) = canned_got();
	my %got = map { /^([^:]+): (.*?)\r?$/ ? (lc $1 => $2) : () }
		split /\n/, $head;

	is($got{'anthropic-version'}, $version, "$name: version");
	is($got{$client eq 'anthropic' ? 'anthropic-beta' : 'openai-beta'},
		$betas, "$name: features");

	delete @got{qw/host content-type accept accept-encoding user-agent
		content-length anthropic-version/};
	is(scalar(keys %got), defined $betas ? 1 : 0, "$name: nothing else")
		or diag($head);
}

###############################################################################

sub answer {
	my ($p) = @_;

	return '{"object":"chat.completion","choices":[{"index":0,'
		. '"message":{"content":"Hi"},"finish_reason":"stop"}]}'
		if $p eq 'openai';

	return '{"object":"response","status":"completed","output":[]}'
		if $p eq 'responses';

	return '{"candidates":[{"content":{"parts":[{"text":"Hi"}]},'
		. '"finishReason":"STOP"}]}' if $p eq 'gemini';

	return '{"type":"message","role":"assistant","content":[],'
		. '"stop_reason":"end_turn","usage":{"input_tokens":1,'
		. '"output_tokens":1}}';
}

###############################################################################
