#!/usr/bin/perl

# Tests with the openai SDK: providers of each shape, judged by both ends.

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

my $t = Aicost::Test->new()->clients('openai');

$t->client_tests(['node', "$FindBin::Bin/clients/sdk_openai.mjs"],
	finish => ['stop', 'tool_calls', 'length'],
	members => { photo => 'image_url' },
	more => [qw/runner runner_stream/],
	errors => {
		bad => 'BadRequestError 400',
		key => 'AuthenticationError 401',
		model => 'NotFoundError 404',
		broke => 'APIError 402',
		cut => 'APIError -',
	});

# embeddings: the SDK asks for base64 unless it is told otherwise

my $before = () = $t->ledger();
my @r = $t->client(['node', "$FindBin::Bin/clients/sdk_openai.mjs"],
	map { ("any/embed\@$_", "any/embed_float\@$_") }
		qw/embed_openai embed_azure/);
my @paid = $t->ledger($before + 4);

for my $i (0 .. 3) {
	my ($r, $l) = ($r[$i]{value} // {}, $paid[$before + $i]);
	my $name = $r[$i]{name};

	is($r->{n}, $i % 2 ? 1 : 2, "$name: vectors")
		or diag(encode_json($r[$i]));
	is(scalar(grep { abs($_) <= 1 } @{ $r->{numbers} || [] }), 8,
		"$name: numbers");
	cmp_ok($r->{in} // 0, '>', 0, "$name: tokens");
	is($l->{in}, $r->{in}, "$name: tokens paid");
	is(nano($l->{cost}), 20 * $l->{in}, "$name: cost");
}

is(join(' ', map { sprintf '%.4f', $_ } @{ $r[0]{value}{numbers} }),
	join(' ', map { sprintf '%.4f', $_ } @{ $r[1]{value}{numbers} }),
	'the same in both ways');

note('legacy completions: the mock has none, t/clients/openai.t asks them');

###############################################################################
