#!/usr/bin/perl

# Tests with the Responses of the openai SDK: providers of each shape, judged by both ends.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Clients;

###############################################################################

my $t = Aicost::Test->new()->clients('openai');

$t->client_tests(['node', "$FindBin::Bin/clients/sdk_responses.mjs"],
	finish => ['completed', 'completed', 'max_output_tokens'],
	members => { photo => 'image_url' },
	more => ['result_image'],
	errors => {
		bad => 'BadRequestError 400',
		key => 'AuthenticationError 401',
		model => 'NotFoundError 404',
		broke => 'APIError 402',
		cut => 'Object -',
	});

###############################################################################
