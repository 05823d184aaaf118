#!/usr/bin/perl

# Tests with the Anthropic SDK: providers of each shape, judged by both ends;
# tokens counted and models listed in its own shape.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Clients;

###############################################################################

my $t = Aicost::Test->new()->clients('@anthropic-ai/sdk');
my $sdk = ['node', "$FindBin::Bin/clients/sdk_anthropic.mjs"];

$t->client_tests($sdk,
	finish => ['end_turn', 'tool_use', 'max_tokens'],
	members => { photo => 'source.url' },
	more => [qw/runner runner_stream result_image/],
	errors => {
		bad => 'BadRequestError 400',
		key => 'AuthenticationError 401',
		model => 'NotFoundError 404',
		broke => 'PaymentRequiredError 402',
		cut => 'APIError -',
	});

my $before = () = $t->provider_seen();
my ($count, $more, $beta, $none, $models, $call) = $t->client($sdk,
	map { "any/$_" } qw/count count_more count_beta count_model models
		beta@anthropic/);

cmp_ok($count->{value}{input_tokens} // 0, '>', 0, 'tokens are counted');
cmp_ok($more->{value}{input_tokens} // 0, '>', 100, 'more of them');
is($beta->{value}{input_tokens} // 'none', $count->{value}{input_tokens},
	'by the beta client');
is("$none->{error}{class} $none->{error}{status}", 'NotFoundError 404',
	'of a model that is there');
is_deeply([ grep { /^anthropic/ } @{ $models->{value} } ],
	['anthropic', 'anthropic/claude-sonnet-5'], 'models');

my $r = http_get('/v1/models', 'anthropic-version' => '2023-06-01',
	'x-api-key' => consumer_key('bot'));
my $all = $r->json();

is(join(',', sort keys %$all), 'data,first_id,has_more,last_id',
	'models: the shape');
is(join(',', sort keys %{ $all->{data}[1] }),
	'created_at,display_name,id,lifecycle,type', 'models: of one');
is("$all->{first_id} $all->{last_id}",
	join(' ', map { $all->{data}[$_]{id} } 0, -1), 'models: ends');

$r = http_get('/v1/models', 'anthropic-version' => '2023-06-01');
is($r->json()->{type}, 'error', 'models: an error in that shape');

is($call->{value}{text}, 'Hello from far away, dear friend of ours.',
	'the beta client');
is(scalar(() = $t->provider_seen()) - $before, 1,
	'counting asks no provider');

# a thread is where references may go, and nowhere but to its own shape

my ($run) = $t->client($sdk, 'full/runner@openai');
is($run->{value}{text}, 'Sunny, 21 degrees.', 'tools without a thread')
	or diag(encode_json($run));

###############################################################################
