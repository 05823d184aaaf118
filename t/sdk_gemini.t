#!/usr/bin/perl

# Tests with Google's Gen AI SDK: providers of each shape, judged by both ends.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Clients;

###############################################################################

my $t = Aicost::Test->new()->clients('@google/genai');

my $sdk = ['node', "$FindBin::Bin/clients/sdk_gemini.mjs"];

$t->client_tests($sdk,
	finish => ['STOP', 'STOP', 'MAX_TOKENS'],
	members => { photo => 'fileData.fileUri' },
	more => [qw/runner runner_stream result_image tools_typed
		schema_typed/],
	errors => {
		bad => 'ApiError 400',
		key => 'ApiError 401',
		model => 'ApiError 404',
		broke => 'ApiError 402',
		cut => 'ApiError 502',
	});

my $before = () = $t->provider_seen();
my ($count, $models) = $t->client($sdk, qw{any/count any/models});

cmp_ok($count->{value}{totalTokens} // 0, '>', 0, 'tokens are counted');
is(join(' ', grep { /gemini/ } @{ $models->{value} || [] }),
	'models/gemini models/gemini/gemini-3-flash', 'models');
is(scalar(() = $t->provider_seen()), $before, 'neither asks a provider');

###############################################################################
