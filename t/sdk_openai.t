#!/usr/bin/perl

# Tests with the openai SDK: providers of each shape, judged by both ends.

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

$t->client_tests(['node', "$FindBin::Bin/clients/sdk_openai.mjs"],
	finish => ['stop', 'tool_calls', 'length'],
	members => { schema => 'response_format', photo => 'image_url' },
	more => ['runner'],
	errors => {
		bad => 'BadRequestError 400',
		key => 'AuthenticationError 401',
		model => 'NotFoundError 404',
		broke => 'APIError 402',
		cut => 'APIError -',
	});

###############################################################################
