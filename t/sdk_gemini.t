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

$t->client_tests(['node', "$FindBin::Bin/clients/sdk_gemini.mjs"],
	finish => ['STOP', 'STOP', 'MAX_TOKENS'],
	members => { schema => 'generationConfig.responseMimeType',
		photo => 'fileData.fileUri' },
	more => [qw/runner tools_typed schema_typed/],
	errors => {
		bad => 'ApiError 400',
		key => 'ApiError 401',
		model => 'ApiError 404',
		broke => 'ApiError 402',
		cut => 'ApiError 502',
	});

###############################################################################
