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
	cut => 'APIError -',
);

my %sdks = (
	openai => {
		finish => ['stop', 'tool_calls', 'length'],
		members => { photo => 'image_url' },
		more => ['schema_typed'],
		errors => \%openai,
	},
	responses => {
		finish => ['completed', 'completed', 'max_output_tokens'],
		members => { photo => 'image_url' },
		more => ['schema_typed'],
		errors => { %openai, cut => 'APIConnectionError -' },
	},
	anthropic => {
		finish => ['end_turn', 'tool_use', 'max_tokens'],
		members => { photo => 'source.url' },
		more => ['runner', 'schema_typed'],
		errors => { %openai, broke => 'PaymentRequiredError 402',
			cut => 'APIStatusError 200' },
	},
	gemini => {
		finish => ['STOP', 'STOP', 'MAX_TOKENS'],
		members => { photo => 'fileData.fileUri' },
		more => ['runner', 'schema_typed'],
		errors => {
			bad => 'ClientError 400',
			key => 'ClientError 401',
			model => 'ClientError 404',
			broke => 'ClientError 402',
			cut => 'ServerError 502',
		},
	},
);

for my $sdk (sort keys %sdks) {
	note($sdk);
	$t->client_tests([$python, "$FindBin::Bin/clients/sdk.py", $sdk],
		%{ $sdks{$sdk} });
}

for my $sdk (qw/anthropic gemini/) {
	my ($count, $models) = $t->client([$python,
		"$FindBin::Bin/clients/sdk.py", $sdk],
		map { "any/$_" } qw/count models/);
	my $n = $count->{value};

	$n = $n->{input_tokens} if ref $n;
	cmp_ok($n // 0, '>', 0, "$sdk: tokens are counted");
	ok((grep { m{^(models/)?anthropic$} } @{ $models->{value} || [] }),
		"$sdk: models") or diag(encode_json($models));
}

# what the providers were sent, judged by the types of their own SDKs

my @judged = judge('sent');
my $right = pop @judged;

is(scalar(@judged), 0, 'nothing is wrong')
	or diag(join "\n", map { $_->{wrong} } @judged);
cmp_ok($right->{$_} // 0, '>', 9, "requests in the shape of $_")
	for qw/chat responses anthropic gemini ollama bedrock/;

# and they can say no

my %odd = (
	'/v1/chat/completions' => { messages => [ { role => 'user',
		content => [ { type => 'image_url', image_url => 5 } ] } ] },
	'/v1/responses' => { input => [ { role => 'user',
		content => [ { type => 'input_imag' } ] } ] },
	'/v1/messages' => { max_tokens => 5, messages => [ { role => 'user',
		content => [ { type => 'text' } ] } ] },
	'/v1beta/models/m:generateContent' => { contents => [ { parts =>
		[ { txt => 'a' } ] } ] },
	'/api/chat' => { messages => [ { role => 'user', content => 5 } ] },
	'/model/m/converse' => { messages => [ { role => 'user',
		content => [ { txt => 'a' } ] } ] },
);

$t->write_file('odd', join '', map { encode_json({ path => $_, body => {
	$_ =~ m{/m[:/]} ? () : (model => 'm'), %{ $odd{$_} } } }) . "\n" }
	sort keys %odd);
@judged = judge('odd');
is_deeply([ sort map { $_->{path} } grep { $_->{wrong} } @judged ],
	[ sort keys %odd ], 'what is odd is wrong') or diag(encode_json(\@judged));

###############################################################################

sub judge {
	my ($rc, $out, $err) = $t->command($python,
		"$FindBin::Bin/clients/judge.py", "$t->{dir}/$_[0]");

	is($rc, 0, "$_[0]: judged") or diag($err);

	return map { decode_json($_) } split /\n/, $out;
}

###############################################################################
