#!/usr/bin/perl

# Tests for refusals: status, code, OpenAI's error shape and headers of every
# row of the table, and that none of them reaches a provider or a counter.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/sha256_hex/;

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my %dear = (input => '2', output => '10', can => []);

$t->gateway(
	consumers => {
		bot => {},
		old => { keys => [ { sha256 => sha256_hex(consumer_key('old')),
			expires => '2020-01-01T00:00:00Z' } ] },
		narrow => { tiers => ['cheap'] },
		low => { max_tier => 'cheap' },
		few => { models => [qw!sim/small sim/late!] },
	},
	prices => prices(
		'sim/late' => { %dear, valid_from => '2099-01-01' },
		'sim/plain' => \%dear,
		'sim/other' => \%dear,
		'late/model' => \%dear,
	),
	http => <<'CONF',
    aicost_provider late http://127.0.0.1:%%PORT_9000%%/v1 api=openai
        timeout=100ms;

    aicost_tier plain sim/plain;
    aicost_tier waiting late/model;

    map $http_x_pick $pick { default premium; odd nowhere; }
CONF
	pass => '$pick',
	location => 'aicost_body_max 4k; error_page 404 /own.html;',
	server => <<'CONF',
        location /limited/ {
            aicost_pass cheap;
            aicost_rate one $aicost_consumer 1r/m;
        }

        location /slow/ {
            aicost_pass cheap;
            aicost_rate slow $aicost_consumer 2r/h;
        }

        location /tokens/ {
            aicost_pass cheap;
            aicost_budget tok $aicost_consumer 60t/day mode=upper;
        }

        location /poor/ {
            aicost_pass cheap;
            aicost_budget little $aicost_consumer 0.000001EUR/day;
        }

        location /clear/ {
            aicost_pass cheap;
            aicost_output default=100;
        }
CONF
)->run();

$t->secret(consumer_key('bot'));

my $port = $t->{sim_port};

# warm: both workers have what they need, and the counters are not all empty

is(code(chat()), '200 ', 'a good request');
$t->sim_reset($port);

my $before = counters();

my $chat = '/v1/chat/completions';
my $hi = '"messages":[{"role":"user","content":"hi"}]';

# status, code, request, what else holds

my @cases = (
	[400, 'invalid_json', body('{"model":')],
	[400, 'invalid_json', body('[1]')],
	[400, 'duplicate_member', body("{\"model\":\"auto\",$hi,"
		. '"model":"auto"}')],
	[400, 'ambiguous_member', body("{\"model\":\"auto\",$hi,"
		. '"Stream":true}'), param => 'Stream'],
	[400, 'json_too_deep', body("{\"model\":\"auto\",$hi,\"metadata\":"
		. '[' x 70 . ']' x 70 . '}')],
	[400, 'too_many_members', body("{\"model\":\"auto\",$hi,\"metadata\":{"
		. join(',', map { sprintf '"%x":1', $_ } 0 .. 1024) . '}}'),
		uri => '/clear/v1/chat/completions'],
	[400, 'too_many_messages', body('{"model":"auto","messages":['
		. join(',', ('{"role":"user"}') x 4097) . ']}'),
		uri => '/clear/v1/chat/completions', param => 'messages'],
	[400, 'invalid_parameter', ask(max_tokens => 0),
		param => 'max_tokens'],
	[400, 'missing_parameter', body("{$hi}"), param => 'model'],
	[400, 'missing_parameter', body('{"model":"auto"}'),
		param => 'messages'],
	[400, 'parameter_not_allowed', ask(base_url => 'http://a/'),
		param => 'base_url'],
	[400, 'model_not_priced', ask(model => 'sim/late'),
		key => consumer_key('few'), param => 'sim/late'],
	[400, 'query_not_allowed', ask(), uri => "$chat?api-version=1"],
	[400, 'empty_body', body('')],
	[400, 'empty_body', body('', 'Transfer-Encoding' => 'chunked'),
		chunked => "0\r\n\r\n"],
	[401, 'missing_api_key', ask(), key => undef],
	[401, 'invalid_api_key', ask(), key => 'sk-nobody'],
	[401, 'expired_api_key', ask(), key => consumer_key('old')],
	[401, 'ambiguous_credential', ask(), headers => {
		'x-api-key' => 'sk-other' }],
	[402, 'budget_exceeded', ask(), uri => "/poor$chat",
		says => qr/"little" has 0\.000001 of 0\.000001 EUR left.* in \d+ s/,
		want => { 'x-should-retry' => 'false', 'Retry-After' => undef }],
	[403, 'model_not_allowed', ask(model => 'sim/big'),
		key => consumer_key('narrow'), param => 'sim/big'],
	[403, 'model_not_allowed', ask(model => 'sim/big'),
		key => consumer_key('few'), param => 'sim/big'],
	[404, 'model_not_found', ask(model => 'sim/other'),
		param => 'sim/other'],
	[403, 'tier_not_allowed', ask(model => 'premium'),
		key => consumer_key('low'), param => 'premium'],
	[404, 'model_not_found', ask(model => 'nosuch'), param => 'nosuch',
		says => qr/"nosuch".*"auto".*"cheap".*"premium"/],
	[404, 'model_not_found', ask(model => 'nosuch'), param => 'nosuch',
		key => consumer_key('narrow'), says => qr/^(?!.*"premium")/],
	[404, 'not_found', ask(), uri => '/v1/files'],
	[404, 'not_found', ask(), uri => '/v1/chat/completions/'],
	[405, 'method_not_allowed', ask(), method => 'PUT',
		want => { Allow => 'POST' }],
	[405, 'method_not_allowed', body(undef), method => 'GET',
		want => { Allow => 'POST' }],
	[405, 'method_not_allowed', ask(), uri => '/v1/models',
		want => { Allow => 'GET' }],
	[413, 'request_too_large', ask(user => 'u' x 5000)],
	[413, 'request_too_large', body(undef, 'Transfer-Encoding' =>
		'chunked'), chunked => sprintf("%x\r\n%s\r\n0\r\n\r\n", 5000,
		' ' x 5000)],
	[415, 'unsupported_media_type', ask(), headers => {
		'Content-Type' => 'text/plain' }],
	[415, 'unsupported_media_type', ask(), headers => {
		'Content-Type' => 'application/json; charset=latin1' }],
	[415, 'unsupported_content_encoding', ask(), headers => {
		'Content-Encoding' => 'gzip' }],
	[500, 'unknown_tier', ask(), headers => { 'X-Pick' => 'odd' }],
);

my %type = (400 => 'invalid_request_error', 401 => 'authentication_error',
	402 => 'insufficient_quota', 403 => 'permission_error',
	404 => 'invalid_request_error', 405 => 'invalid_request_error',
	413 => 'invalid_request_error', 415 => 'invalid_request_error',
	429 => 'rate_limit_error', 500 => 'server_error',
	502 => 'server_error', 503 => 'server_error', 504 => 'server_error');

refused(@$_) for @cases;

is($t->sim_state($port)->{requests}, 0, 'no provider was asked');
is_deeply(counters(), $before, 'no counter has moved');

###############################################################################

# rates and token budgets: exact Retry-After

is(code(served('/limited')), '200 ', 'the first of a minute');
my $r = refused(429, 'rate_limit_exceeded', ask(), uri => "/limited$chat",
	want => { 'x-should-retry' => undef });
like($r->header('Retry-After'), qr!^(?:60|5\d)$!, 'Retry-After of a minute');

is(code(served('/slow')), '200 ', 'the first of half an hour');
$r = refused(429, 'rate_limit_exceeded', ask(), uri => "/slow$chat",
	want => { 'x-should-retry' => 'false' });
like($r->header('Retry-After'), qr!^(?:1800|17\d\d)$!, 'Retry-After of half an hour');

is(code(served('/tokens')), '429 rate_limit_exceeded', 'a token budget');
$r = refused(429, 'rate_limit_exceeded', ask(), uri => "/tokens$chat",
	says => qr/"tok" has 60 of 60 tokens left/);
like($r->header('Retry-After'), qr/^\d+$/, 'Retry-After of a window');

# what nginx itself does not read: refused before there is a location

for my $bad ("Content-Length: x\r\n", "Transfer-Encoding: chunked\r\n"
	. "Content-Length: 5\r\n", "Transfer-Encoding: gzip, chunked\r\n")
{
	my $r = http("POST $chat HTTP/1.1\r\nHost: a\r\n$bad\r\n0\r\n\r\n");
	like($r->status(), qr!^(?:400|501)$!, "refused by nginx: $bad");
}

# the kill switch

is(($t->control('kill'))[0], 0, 'killed');
refused(403, 'kill_switch', ask());
is(($t->control('resume'))[0], 0, 'resumed');

# providers

$t->sim_next($port, '500');
refused(502, 'all_providers_failed', ask(),
	says => qr!sim(?:/big)?.*server_error!);

$t->sim_next($port, 'hang');
refused(504, 'upstream_timeout', ask(model => 'waiting'),
	says => qr!late(?:/model)?.*timeout!);

$t->sim_stop($port);
refused(502, 'all_providers_failed', ask(),
	says => qr!sim(?:/big)?.*(?:refused|breaker_open)!);

###############################################################################

sub body {
	my ($body, @headers) = @_;

	return { body => $body, headers => [@headers] };
}


sub ask {
	my (%ask) = @_;

	return body(encode_json({ model => 'auto', max_tokens => 50,
		messages => [ { role => 'user', content => 'hi' } ], %ask }));
}


sub served {
	return chat(uri => "$_[0]/v1/chat/completions");
}


# one refusal, on a connection that stays and serves a good list of models next

sub refused {
	my ($status, $code, $ask, %opt) = @_;

	my $name = "$code $status";
	my %headers = ('Content-Type' => 'application/json', Host => 'a',
		@{ $ask->{headers} }, %{ $opt{headers} || {} });

	my $key = exists $opt{key} ? $opt{key} : consumer_key('bot');
	$headers{Authorization} = "Bearer $key" if defined $key;

	my $body = $opt{chunked} // $ask->{body} // '';
	$headers{'Content-Length'} = length $body
		if !$opt{chunked} && defined $ask->{body};

	my $uri = $opt{uri} // '/v1/chat/completions';
	my $raw = ($opt{method} // (defined $opt{chunked}
		|| defined $ask->{body} ? 'POST' : 'GET')) . " $uri HTTP/1.1\r\n"
		. join('', map { "$_: $headers{$_}\r\n" } sort keys %headers)
		. "\r\n$body";

	my $s = Aicost::Http::Stream->new()->keep();
	my $r = $s->next($raw);
	my $e = ($r->json() || {})->{error} || {};

	is($r->status() . ' ' . ($e->{code} // ''), "$status $code", $name);
	is(join(',', sort keys %$e), 'code,message,param,type', "$name shape");
	is($e->{type}, $type{$status}, "$name type");
	is($e->{param}, $opt{param}, "$name param");
	like($e->{message}, $opt{says} // qr/^[^\n]+\.$/, "$name sentence");
	is($r->header('Content-Type'), 'application/json', "$name media type");
	is($r->header('X-AICost-Reason'), $code, "$name reason");
	like($r->header('X-AICost-Request-Id'), qr/^[0-9a-f]{32}$/, "$name id");

	my %want = ('Allow' => undef, %{ $opt{want} || {} });
	$want{'Retry-After'} //= undef if $status != 429 && $status != 503;

	for my $h (sort keys %want) {
		is($r->header($h), $want{$h}, "$name $h");
	}

	# nginx closes after a body it would have to read for long
	return $r if ($r->header('Connection') // '') eq 'close';

	is($s->next("GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: "
		. 'Bearer ' . consumer_key('bot') . "\r\n\r\n")->status(), 200,
		"$name connection stays");

	return $r;
}


# all the console and the metrics say about money

sub counters {
	my $token = $Aicost::Test::OPERATOR;
	my $m = $t->metrics_now();

	delete $m->{$_} for grep { !/^aicost_(?:cost|saved|tokens|reserved|requests|attempts)/ }
		keys %$m;

	my $spend = $t->console(port(8090), 'GET', '/api/spend?by=consumer',
		$token)->json();
	my $status = $t->console(port(8090), 'GET', '/api/status',
		$token)->json();

	return { metrics => $m, spend => $spend->{rows} // $spend,
		map { $_ => $status->{$_} } qw/accounts open/ };
}

###############################################################################
