#!/usr/bin/perl

# Tests for prices and consumers that are read again, without a reload.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

use Digest::SHA qw/sha256_hex/;

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my %can = (context => 200000, max_output => 100000);

$t->gateway(sim => { tokens => 50 }, consumers => { bot => {}, gone => {} })
	->run();

is(cost(), '0.000504 EUR', 'a price');

# a price: both workers take it

price('20');
ok($t->wait_log(qr/read ".*prices\.json" again, it is in force/), 'said');
ok(wait_for { cost() eq '0.001004 EUR' }, 'the new price');
is_deeply([ seen(sub { cost() }) ], [ '0.001004 EUR' ], 'on every worker');

# a broken file: the old one holds

$t->replace_file('prices.json', "{\"version\": 1,\n\"models\": {,}}");
ok($t->wait_log(qr/keeps the old ".*prices\.json": .*, line 2 column \d+/),
	'a broken file is said, with the place');
is(cost(), '0.001004 EUR', 'and the old one holds');

$t->replace_file('prices.json', encode_json({ version => 1,
	currency => 'USD', models => { 'sim/small' => { input => '1',
	output => '1', %can } } }));
ok(wait_for { code(chat()) eq '400 model_not_priced' || cost() },
	'a model without its price has an answer');

price('10');
ok(wait_for { cost() eq '0.000504 EUR' }, 'back again');

# keys

is(code(chat(as => 'gone')), '200 ', 'a key');
$t->replace_file('consumers.json', consumers({ bot => {}, new => {} }));
ok(wait_for { code(chat(as => 'gone')) eq '401 invalid_api_key' }, 'revoked');
is_deeply([ seen(sub { code(chat(as => 'gone')) }) ],
	[ '401 invalid_api_key' ], 'on every worker');
is_deeply([ seen(sub { code(chat(as => 'new')) }) ], [ '200 ' ], 'a new one');

$t->replace_file('consumers.json', '{"version": 1, "consumers": [}');
ok($t->wait_log(qr/keeps the old ".*consumers\.json"/), 'a broken file');
is(code(chat(as => 'new')), '200 ', 'and the old one holds');

$t->replace_file('consumers.json', consumers({ bot => {}, new => {} }));
my ($rc, $out, $err) = $t->aicost('key', 'add', 'added', '--json', '--consumers',
	$t->testdir() . '/consumers.json');
is($rc, 0, 'aicost key add') or diag($err);
my $key = (eval { decode_json($out) } || {})->{key} // 'none';
ok(wait_for { with($key)->status() == 200 }, 'its key is known');
is(with($key)->header('X-AICost-Tier'), 'premium', 'and served');

# many

my %many = map { ("consumer-$_" => {}) } 1 .. 20000;
$t->replace_file('consumers.json', consumers({ bot => {}, %many }));
ok(wait_for { code(chat(as => 'consumer-20000')) eq '200 ' }, '20,000');
is(code(chat(as => 'consumer-1')), '200 ', 'the first of them');
is(code(chat(as => 'consumer-20001')), '401 invalid_api_key', 'and no more');

# swapped while it is used: each answer has the price of one file

my $writer = $t->run_daemon(sub {
	for my $i (1 .. 70) {
		price($i % 2 ? '20' : '10');
		select undef, undef, undef, 0.05;
	}
});

my @seen = parallel(4, sub {
	my $s = Aicost::Http::Stream->new()->keep();
	my %seen;

	for (1 .. 500) {
		my $r = $s->next(chat_raw());
		$seen{code($r) . ($r->header('X-AICost-Cost') // '')}++;
		select undef, undef, undef, 0.003;
	}

	return \%seen;
});

my %all = map { %$_ } @seen;
is(join(',', grep { !/^200 0\.00(?:0504|1004) EUR$/ } sort keys %all), '',
	'every answer has a price that was one');
ok(wait_for { waitpid $writer, 1 }, 'writer');

my $swaps = () = $t->read_log() =~ /prices\.json" again, it is in force/g;
cmp_ok($swaps, '>=', 4, 'swapped under load');

###############################################################################

sub price {
	my ($output) = @_;

	$t->replace_file('prices.json', encode_json(prices('sim/big' => {
		input => '2', output => $output, %can })));
}


sub cost {
	return chat()->header('X-AICost-Cost') // '';
}


sub with {
	my ($key) = @_;

	return http_post('/v1/chat/completions', { model => 'auto',
		max_tokens => 5, messages => [ { role => 'user',
		content => 'a' } ] }, Authorization => "Bearer $key");
}


# what requests see until both workers have answered some

sub seen {
	my ($ask) = @_;
	my $from = () = $t->ledger();
	my (%seen, %pids);

	wait_for {
		$seen{$ask->()} = 1;
		my @new = $t->ledger();
		$pids{$_->{pid}} = 1 for @new[$from .. $#new];
		keys %pids >= 2;
	};

	return sort keys %seen;
}

###############################################################################
