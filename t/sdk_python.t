#!/usr/bin/perl

# Tests with the SDKs for Python, in an environment of their own that is made
# once, below objs/.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Clients;

###############################################################################

my $t = Aicost::Test->new();
my $python = $t->python("$FindBin::Bin/clients/requirements.txt");

$t->clients();

my %openai = (
	bad => 'BadRequestError 400',
	key => 'AuthenticationError 401',
	model => 'NotFoundError 404',
	broke => 'APIStatusError 402',
);

my %sdks = (
	openai => { finish => ['stop', 'tool_calls'],
		schema => 'response_format', errors => \%openai },
	responses => { finish => ['completed', 'completed'],
		schema => 'text.format', errors => \%openai },
	anthropic => { finish => ['end_turn', 'tool_use'],
		schema => 'output_config.format', errors => {
		bad => 'BadRequestError 400',
		key => 'AuthenticationError 401',
		model => 'NotFoundError 404',
		broke => 'PaymentRequiredError 402' } },
	gemini => { finish => ['STOP', 'STOP'],
		schema => 'generationConfig.responseMimeType', errors => {
		bad => 'ClientError 400',
		key => 'ClientError 401',
		model => 'ClientError 404',
		broke => 'ClientError 402' } },
);

for my $sdk (sort keys %sdks) {
	note($sdk);
	$t->client_tests([$python, "$FindBin::Bin/clients/sdk.py", $sdk],
		%{ $sdks{$sdk} });
}

my ($count, $models) = $t->client([$python, "$FindBin::Bin/clients/sdk.py",
	'anthropic'], 'any', qw/count models/);

cmp_ok($count->{value}{input_tokens} // 0, '>', 0, 'tokens are counted');
ok((grep { $_ eq 'anthropic' } @{ $models->{value} || [] }), 'models');

###############################################################################
