#!/usr/bin/perl

# Tests for what Gemini's clients ask beside answers: the tokens of a request,
# which cost nothing and ask nobody, and the models of a key.

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

$t->gateway(consumers => { bot => {}, low => { max_tier => 'cheap' } },
	server => <<'CONF')->run();
        location /v1beta/ {
            aicost_pass premium;
            aicost_budget day $aicost_consumer 0.000001EUR/day;
            aicost_references full;
        }

        location /ai/ {
            aicost_pass premium;
        }
CONF

my $port = $t->{sim_port};

# tokens

my $contents = [ { role => 'user', parts => [ { text => 'hello' } ] } ];
my $r = count();
my $n = $r->json()->{totalTokens};

is($r->status(), 200, 'counted') or diag($r->body());
is($r->header('Content-Type'), 'application/json', 'media type');
like($r->body(), qr/^\{"totalTokens":[1-9]\d*\}$/, 'a number');
like($r->header('X-AICost-Request-Id'), qr/^\w+$/, 'its id');

my %explain = ('X-AICost-Explain' => $Aicost::Test::OPERATOR);
is(http_post('/ai/v1beta/models/premium:generateContent', { contents =>
	$contents }, %explain, key('bot'))->json()->{tokens_estimated}, $n,
	'as it is reserved');

cmp_ok(count(contents => [ { role => 'user', parts => [ { text =>
	'hello ' x 200 } ] } ])->json()->{totalTokens}, '>', $n + 100,
	'more text');
cmp_ok(count(systemInstruction => { parts => [ { text => 'Be brief.' } ] })
	->json()->{totalTokens}, '>', $n, 'a system prompt');

# a whole request inside

my %whole = (model => 'models/premium', contents => $contents,
	tools => [ { functionDeclarations => [ { name => 'f' } ] } ]);

for my $name (qw/generateContentRequest generate_content_request/) {
	cmp_ok(ask({ $name => \%whole })->json()->{totalTokens}, '>', $n,
		$name);
	is(error(ask({ $name => { %whole, generateContentRequest => {} } })),
		'400 INVALID_ARGUMENT parameter_not_allowed',
		"$name: not inside of another");
}

for my $case (
	[ { contents => $contents, cachedContent => 'c/1' },
		'400 INVALID_ARGUMENT parameter_not_allowed', 'hidden' ],
	[ { generateContentRequest => 7 },
		'400 INVALID_ARGUMENT invalid_parameter', 'no object' ],
	[ {}, '400 INVALID_ARGUMENT missing_parameter', 'nothing' ])
{
	is(error(ask($case->[0])), $case->[1], $case->[2]);
}

is(error(http_post('/v1beta/models/premium:generateContent', { contents =>
	$contents, generateContentRequest => \%whole }, key('bot'))),
	'400 INVALID_ARGUMENT parameter_not_allowed', 'of a count alone');
is(error(http_post('/v1beta/models/premium:generateContent', { contents =>
	$contents, model => 'premium' }, key('bot'))),
	'400 INVALID_ARGUMENT parameter_not_allowed', 'so is a model');

is(error(count(-who => 'low')), '403 PERMISSION_DENIED tier_not_allowed',
	'another tier');
is(error(count(-query => '?alt=sse')), '400 INVALID_ARGUMENT '
	. 'query_not_allowed', 'a query');
is(error(http_get('/v1beta/models/premium:countTokens', key('bot'))),
	'405 UNIMPLEMENTED method_not_allowed', 'GET');
is(error(http_post('/v1beta/models/premium:countTokens', { contents =>
	$contents })), '401 UNAUTHENTICATED missing_api_key', 'no key');
is(http_post('/v1:countTokens', {}, key('bot'))->status(), 404, 'no model');

# models

is(models('/v1beta/models'), 'auto cheap sim/small premium sim/big',
	'models of a key');
is(models('/v1/models'), models('/v1beta/models'), 'by the key\'s header');
is(models('/ai/v1beta/models'), models('/v1beta/models'), 'behind a prefix');
is(models('/v1beta/models?pageSize=50'), models('/v1beta/models'), 'a page');
is(models('/v1beta/models', 'low'), 'auto cheap sim/small', 'up to max_tier');

$r = http_get('/v1beta/models', key('bot'));
is_deeply($r->json()->{models}[2], { name => 'models/sim/small',
	displayName => 'sim/small', version => '1',
	supportedGenerationMethods => [qw/generateContent countTokens/] },
	'a model');
is(join(',', keys %{ $r->json() }), 'models', 'members');

for my $query (qw/pageSize= pageSize=x pageSize=0 pageSize=1000000 key=x/) {
	is(error(http_get("/v1beta/models?$query", key('bot'))),
		'400 INVALID_ARGUMENT query_not_allowed', $query);
}

is(error(http_get('/v1beta/models')), '401 UNAUTHENTICATED missing_api_key',
	'no key');
is(error(http_post('/v1beta/models', {}, key('bot'))),
	'405 UNIMPLEMENTED method_not_allowed', 'POST');
is(http_get('/v1beta/models/', key('bot'))->status(), 404, 'a slash');

# what is listed can be asked for

for my $model (split / /, models('/v1beta/models')) {
	is(http_post("/ai/v1beta/models/$model:generateContent", { contents =>
		$contents }, key('bot'))->status(), 200, "$model is used");
}

is($t->sim_state($port)->{requests}, 5, 'nobody else was asked');

###############################################################################

sub key {
	return ('x-goog-api-key' => consumer_key($_[0]));
}


sub count {
	my (%ask) = @_;
	my $who = delete $ask{-who} // 'bot';
	my $query = delete $ask{-query} // '';

	return http_post("/v1beta/models/premium:countTokens$query",
		{ contents => $contents, %ask }, key($who));
}


sub ask {
	return http_post('/v1beta/models/premium:countTokens', $_[0],
		key('bot'));
}


sub models {
	my ($uri, $who) = @_;
	my $r = http_get($uri, key($who // 'bot'));

	return join ' ', map { $_->{name} =~ s!^models/!!r }
		@{ ($r->json() || {})->{models} || [ { name => $r->body() } ] };
}


sub error {
	my ($r) = @_;
	my $e = ($r->json() || {})->{error} || {};

	return join ' ', $r->status(), $e->{status} // '-',
		$e->{details}[0]{reason} // '-';
}

###############################################################################
