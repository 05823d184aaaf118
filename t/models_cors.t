#!/usr/bin/perl

# Tests for GET /v1/models, which names what a key may use, and for CORS.

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

$t->gateway(
	consumers => {
		bot => {},
		low => { max_tier => 'cheap' },
		one => { tiers => ['premium'] },
		own => { models => ['sim/small'] },
		late => { tiers => ['both'] },
	},
	prices => prices('sim/third' => { input => '1', output => '1' }),
	http => 'aicost_tier both sim/small sim/third;',
	server => <<'CONF',
        location /app/ {
            aicost_pass premium;
            aicost_cors https://app.example https://other.example;
        }

        location /open/ {
            aicost_pass premium;
            aicost_cors *;
            aicost_anonymous bot;
        }

        location /ai/ {
            aicost_pass premium;
        }
CONF
)->run();

my $port = $t->{sim_port};

# what each may use: each model once, in the order it is declared

is(models('bot'), 'auto cheap sim/small premium sim/big both sim/third',
	'all');
is(models('low'), 'auto cheap sim/small', 'up to max_tier');
is(models('one'), 'auto premium sim/big', 'a list of tiers');
is(models('own'), 'auto cheap sim/small both', 'a list of models');
is(models('late'), 'auto both sim/small sim/third', 'a list of later tiers');
is(models('bot', '/ai/v1/models'), models('bot'), 'behind a prefix');

my $r = get('/v1/models', 'bot');
my $m = $r->json();

is($r->header('Content-Type'), 'application/json', 'media type');
is($m->{object}, 'list', 'a list');
is(join(',', sort keys %{ $m->{data}[0] }), 'created,id,object,owned_by',
	'members');
is($m->{data}[0]{object}, 'model', 'of models');
is($m->{data}[2]{owned_by}, 'sim', 'owned by the provider');

is(code(get('/v1/models')), '401 missing_api_key', 'no key');
is(code(get('/v1/models?limit=5', 'bot')), '400 query_not_allowed', 'query');
is(http("HEAD /v1/models HTTP/1.0\r\n\r\n")->status(), 405, 'HEAD');

# what is listed can be asked for

for my $who (qw/bot low one/) {
	for my $model (split / /, models($who)) {
		is(code(chat(as => $who, model => $model)), '200 ',
			"$who uses $model");
	}
}

$t->sim_reset($port);

###############################################################################

# the preflight needs no key and asks no provider

$r = preflight('/app', 'https://app.example');

is($r->status(), 204, 'preflight');
is($r->header('Access-Control-Allow-Origin'), 'https://app.example', 'origin');
like($r->header('Access-Control-Allow-Methods'), qr/\bPOST\b/, 'methods');
like($r->header('Access-Control-Allow-Headers'), qr/\bAuthorization\b/i,
	'headers: Authorization');
like($r->header('Access-Control-Allow-Headers'), qr/\bX-AICost-Session\b/i,
	'headers: session');
like($r->header('Access-Control-Allow-Headers'), qr/\b\Q$_\E\b/,
	"headers: $_") for qw/x-goog-api-key anthropic-version
		anthropic-dangerous-direct-browser-access/;
like($r->header('Access-Control-Max-Age'), qr/^\d+$/, 'age');
like($r->header('Vary'), qr/\bOrigin\b/, 'varies');
is($r->header('Access-Control-Allow-Credentials'), undef, 'no credentials');

is(preflight('/app', 'https://other.example')->header(
	'Access-Control-Allow-Origin'), 'https://other.example', 'the other');

for my $bad ('https://app.example.evil', 'http://app.example', 'null',
	'https://app.example:8443', 'https://evil')
{
	is(preflight('/app', $bad)->header('Access-Control-Allow-Origin'),
		undef, "not $bad");
}

is(preflight('/open', 'https://any')->header('Access-Control-Allow-Origin'),
	'*', 'any origin');
is(code(preflight('/ai', 'https://app.example')), '405 method_not_allowed',
	'no preflight unless configured');

# answers and errors carry it, or a browser would not show them

for my $case (
	['an answer', 200, { uri => '/app/v1/chat/completions' }],
	['a stream', 200, { uri => '/app/v1/chat/completions',
		stream => JSON::PP::true }],
	['an error', 401, { uri => '/app/v1/chat/completions', as => undef }],
	['a model that is not there', 404, { model => 'none',
		uri => '/app/v1/chat/completions' }],
)
{
	my ($name, $status, $ask) = @$case;
	$r = chat(%$ask, headers => { Origin => 'https://app.example' });

	is($r->status(), $status, $name);
	is($r->header('Access-Control-Allow-Origin'), 'https://app.example',
		"$name: origin");
	like($r->header('Access-Control-Expose-Headers'),
		qr/\bX-AICost-Cost\b.*\bRetry-After\b/, "$name: exposed");
	is(scalar(() = $r->header('Access-Control-Allow-Origin')), 1,
		"$name: once");
}

$r = get('/app/v1/models', 'bot', Origin => 'https://app.example');
is($r->header('Access-Control-Allow-Origin'), 'https://app.example', 'models');

$r = chat(headers => { Origin => 'https://app.example' });
is($r->header('Access-Control-Allow-Origin'), undef, 'nothing without it');

is($t->sim_state($port)->{requests}, 3, 'only answers asked the provider');

###############################################################################

sub get {
	my ($uri, $who, @headers) = @_;

	return http_get($uri, defined $who ? (Authorization => 'Bearer '
		. consumer_key($who)) : (), @headers);
}


sub models {
	my ($who, $uri) = @_;

	return join ' ', map { $_->{id} } @{ get($uri // '/v1/models', $who)
		->json()->{data} };
}


sub preflight {
	my ($prefix, $origin) = @_;

	return http_request('OPTIONS', "$prefix/v1/chat/completions", undef,
		Origin => $origin, 'Access-Control-Request-Method' => 'POST',
		'Access-Control-Request-Headers' => 'authorization');
}

###############################################################################
