#!/usr/bin/perl

# Tests for POST /v1/messages/count_tokens: the gateway's own estimate, which
# costs nothing and asks nobody.

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
	location => 'aicost_budget day $aicost_consumer 0.000001EUR/day;')
	->run();

my $port = $t->{sim_port};
my $before = $t->money_now();

my $r = count();
my $n = $r->json()->{input_tokens};

is($r->status(), 200, 'counted');
is($r->header('Content-Type'), 'application/json', 'media type');
is(join(',', keys %{ $r->json() }), 'input_tokens', 'members');
like($r->body(), qr/^\{"input_tokens":[1-9]\d*\}$/, 'a number');
like($r->header('X-AICost-Request-Id'), qr/^\w+$/, 'its id');

# as a request would be reserved

my %explain = (headers => { 'X-AICost-Explain' => "$Aicost::Test::OPERATOR" },
	uri => '/v1/messages');

is(chat(%explain)->json()->{tokens_estimated}, $n, 'as it is reserved');

cmp_ok(count(content => 'hello ' x 200)->json()->{input_tokens}, '>',
	$n + 100, 'more text');
cmp_ok(count(system => 'You are a parrot.')->json()->{input_tokens}, '>', $n,
	'a system prompt');
cmp_ok(count(tools => [ { name => 'weather', description => 'of a city',
	input_schema => { type => 'object' } } ])->json()->{input_tokens},
	'>', $n, 'tools');

# beta=true is what its beta client says

is(count(query => '?beta=true')->json()->{input_tokens}, $n, 'beta=true');

for my $query ('?beta=false', '?beta=true&x=1', '?alt=sse') {
	is(error(count(query => $query)), '400 invalid_request_error '
		. 'query_not_allowed', $query);
}

# refused as any request, in Anthropic's shape

is(error(count(as => undef)), '401 authentication_error missing_api_key',
	'no key');
is(error(count(model => 'nothing')), '404 not_found_error model_not_found',
	'no such model');
is(error(count(as => 'low', model => 'premium')),
	'403 permission_error tier_not_allowed', 'a tier above');
is(error(count(api_base => 'http://127.0.0.1')),
	'400 invalid_request_error parameter_not_allowed', 'a destination');
is(http_get('/v1/messages/count_tokens', 'x-api-key' => consumer_key('bot'))
	->status(), 405, 'GET');

is_deeply($t->money_now(), $before, 'nothing was reserved or paid');
is($t->sim_state($port)->{requests}, 0, 'nobody was asked');

###############################################################################

sub count {
	my (%ask) = @_;
	my $as = exists $ask{as} ? delete $ask{as} : 'bot';
	my $query = delete $ask{query} // '';
	my $content = delete $ask{content} // 'hello';

	return http_post("/v1/messages/count_tokens$query", { model => 'auto',
		messages => [ { role => 'user', content => $content } ], %ask },
		defined $as ? ('x-api-key' => consumer_key($as)) : ());
}


sub error {
	my ($r) = @_;
	my $e = ($r->json() || {})->{error} || {};

	return join ' ', $r->status(), map { $_ // '-' } $e->{type},
		$e->{code};
}

###############################################################################
