#!/usr/bin/perl

# Tests for the table of error codes, row by row: status, code, type, shape and
# headers, for JSON and for streams; no provider is asked, no money moves.

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

my $URI = '/v1/chat/completions';
my $HI = '"messages":[{"role":"user","content":"hi"}]';

# status, code, type, how it is provoked, what its headers are

my @rows = (
	[400, 'invalid_json', 'invalid_request_error', body('{"model":')],
	[400, 'duplicate_member', 'invalid_request_error',
		body("{\"model\":\"auto\",\"model\":\"auto\",$HI}")],
	[400, 'ambiguous_member', 'invalid_request_error',
		body("{\"model\":\"auto\",$HI,\"MODEL\":\"auto\"}")],
	[400, 'json_too_deep', 'invalid_request_error',
		body("{\"model\":\"auto\",$HI,\"metadata\":" . '[' x 65
			. ']' x 65 . '}')],
	[400, 'too_many_members', 'invalid_request_error',
		body("{\"model\":\"auto\",$HI,\"metadata\":{"
			. join(',', map { "\"m$_\":1" } 0 .. 1024) . '}}')],
	[400, 'too_many_messages', 'invalid_request_error',
		body('{"model":"auto","messages":['
			. join(',', ('{"role":"user"}') x 4097) . ']}')],
	[400, 'invalid_parameter', 'invalid_request_error',
		sub { chat(max_tokens => 0, @_) }],
	[400, 'missing_parameter', 'invalid_request_error', body("{$HI}")],
	[400, 'parameter_not_allowed', 'invalid_request_error',
		sub { chat(api_base => 'http://127.0.0.1/', @_) }],
	[400, 'model_not_priced', 'invalid_request_error',
		sub { chat(as => 'few', model => 'sim/late', @_) }],
	[400, 'query_not_allowed', 'invalid_request_error',
		sub { chat(uri => "$URI?key=x", @_) }],
	[400, 'empty_body', 'invalid_request_error', body('')],
	[401, 'missing_api_key', 'authentication_error',
		sub { chat(as => undef, @_) }],
	[401, 'invalid_api_key', 'authentication_error',
		sub { chat(as => 'nobody', @_) }],
	[401, 'expired_api_key', 'authentication_error',
		sub { chat(as => 'old', @_) }],
	[401, 'ambiguous_credential', 'authentication_error',
		sub { chat(headers => { 'api-key' => 'another' }, @_) }],
	[402, 'budget_exceeded', 'insufficient_quota',
		sub { chat(uri => "/poor$URI", @_) },
		'x-should-retry' => qr/^false$/],
	[403, 'model_not_allowed', 'permission_error',
		sub { chat(as => 'few', model => 'sim/big', @_) }],
	[403, 'tier_not_allowed', 'permission_error',
		sub { chat(as => 'low', model => 'premium', @_) }],
	[403, 'kill_switch', 'permission_error', sub {
		$t->control('kill');
		my $r = chat(@_);
		$t->control('resume');
		return $r;
	}],
	[404, 'model_not_found', 'invalid_request_error',
		sub { chat(model => 'nosuch', @_) }],
	[404, 'not_found', 'invalid_request_error',
		sub { chat(uri => '/v1/images/generations', @_) }],
	[405, 'method_not_allowed', 'invalid_request_error',
		sub { http_request('DELETE', $URI, undef, key()) },
		Allow => qr/^POST$/],
	[413, 'request_too_large', 'invalid_request_error',
		sub { chat(user => 'u' x 70_000, @_) }],
	[415, 'unsupported_media_type', 'invalid_request_error',
		sub { chat(headers => { 'Content-Type' => 'text/xml' }, @_) }],
	[415, 'unsupported_content_encoding', 'invalid_request_error',
		sub { chat(headers => { 'Content-Encoding' => 'br' }, @_) }],
	[429, 'rate_limit_exceeded', 'rate_limit_error',
		sub { chat(uri => "/tokens$URI", @_) },
		'Retry-After' => qr/^[1-9]\d*$/],
	[500, 'unknown_tier', 'server_error',
		sub { chat(headers => { 'X-Pick' => 'odd' }, @_) }],
	[502, 'all_providers_failed', 'server_error',
		sub { chat(model => 'gone/model', @_) }],
	[503, 'budget_store_unavailable', 'server_error',
		sub { chat(@_) }, 'Retry-After' => qr/^[1-9]\d?$/],
	[504, 'upstream_timeout', 'server_error', sub {
		$t->sim_next($t->{sim_port}, 'hang');
		return chat(model => 'late/model', @_);
	}],
);

# what cannot be provoked from outside

my %INSIDE = (internal_error => 'a fault of the gateway itself');

my %can = (input => '1', output => '1', context => 9000, max_output => 900);

$t->gateway(
	consumers => {
		bot => {},
		old => { keys => [ { sha256 => sha256_hex(consumer_key('old')),
			expires => '2020-01-01T00:00:00Z' } ] },
		low => { max_tier => 'cheap' },
		few => { models => [qw!sim/small sim/late!] },
	},
	prices => prices(
		'sim/late' => { %can, valid_from => '2099-01-01' },
		'late/model' => \%can, 'gone/model' => \%can),
	http => <<'CONF',
    STORE
    client_body_buffer_size 1m;
    aicost_provider late http://127.0.0.1:%%PORT_9000%%/v1 timeout=100ms;
    aicost_provider gone http://127.0.0.1:%%PORT_9009%%/v1;
    aicost_tier waiting late/model;
    aicost_tier nowhere gone/model;
    map $http_x_pick $pick { default premium; odd 'no tier'; }
CONF
	pass => '$pick',
	location => 'aicost_body_max 200k;',
	server => <<'CONF');
        location /poor/ {
            aicost_pass cheap;
            aicost_budget little all 0.000001EUR/day;
        }

        location /tokens/ {
            aicost_pass cheap;
            aicost_budget few all 1t/hour;
        }
CONF

# a body of 70,000 bytes is too large, one of 4097 messages is not

my $conf = $t->read_file('nginx.conf') =~ s/body_max 200k/body_max 70000/r;
my $down = port(9010);
$t->write_file('nginx.conf', $conf =~ s/\bSTORE\b//r)->run();

is(code(chat()), '200 ', 'a good request');

my %provoked;
refused(@$_) for grep { $_->[0] != 503 } @rows;

# a store that is away

$t->stop();
$t->write_file('nginx.conf', $conf =~ s!\bSTORE\b!
    aicost_redis redis://127.0.0.1:$down on_error=closed;!r);
$t->run();
refused(@$_) for grep { $_->[0] == 503 } @rows;

# the table has these rows and no others

my %documented;

open my $fh, '<', "$Aicost::Test::ROOT/docs/errors.md" or die;

while (<$fh>) {
	$documented{$2} = $1 if /^\| (\d+) \| `(\w+)` \|/;
}

delete $documented{$_} and note("$_ is not provoked: $INSIDE{$_}")
	for keys %INSIDE;

is_deeply(\%provoked, \%documented, 'each code of the table was provoked');

###############################################################################

sub key {
	return (Authorization => 'Bearer ' . consumer_key('bot'));
}


# bytes that are no chat(): there is no stream to ask for

sub body {
	my ($body) = @_;

	return sub { http_post($URI, $body, key()) };
}


sub refused {
	my ($status, $code, $type, $ask, %headers) = @_;
	my $asked = $status == 502 || $status == 504;

	my $before = $t->money_now();
	my $requests = $t->sim_state($t->{sim_port})->{requests};

	for my $stream (\0, \1) {
		my $name = "$status $code" . ($$stream ? ' stream' : '');
		my $r = $ask->(stream => $stream);
		my $e = ($r->json() || {})->{error} || {};

		is(code($r), "$status $code", $name);
		is(join(',', sort keys %{ $r->json() || {} }), 'error',
			"$name: one object");
		is(join(',', sort keys %$e), 'code,message,param,type',
			"$name: shape");
		is($e->{type}, $type, "$name: type");
		like($e->{message}, qr/^[^\n]+\.$/, "$name: a sentence");
		is($r->header('Content-Type'), 'application/json',
			"$name: media type");
		is($r->header('X-AICost-Reason'), $code, "$name: reason");

		for my $h (sort keys %headers) {
			like($r->header($h) // '', $headers{$h}, "$name: $h");
		}

		is($r->header('Retry-After'), undef, "$name: no Retry-After")
			if !$headers{'Retry-After'};

		$provoked{$code} = $status if code($r) eq "$status $code";
	}

	my $after = $t->money_now();

	# what timed out after it was sent may have been billed

	if ($asked) {
		cmp_ok(nano($after->{cost}), $status == 504 ? '>' : '==',
			nano($before->{cost}), "$code: its cost");
		delete @{$_}{qw/attempts_total accounts cost cost_total
			tokens_total/} for $before, $after;

	} else {
		is($t->sim_state($t->{sim_port})->{requests}, $requests,
			"$code: no provider was asked");
	}

	is_deeply($after, $before, "$code: no money has moved");
}

###############################################################################
