#!/usr/bin/perl

# Tests for consumers that are published to the fleet: keys and budgets of all
# edges at once, over a reload, a restart, an outage and an emptied store.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim cli/))->plan();

delete @ENV{qw/AICOST_CONSOLE AICOST_TOKEN_FILE AICOST_REDIS/};

my $r = Aicost::Redis->new($t)->start();
my @url = ('--redis', $r->url());

my @edges = map { Aicost::Edge->new($t, zone => '16m state=%%TESTDIR%%/state',
	redis => $r->url() . ' on_error=open timeout=500ms',
	consumers => { bot => {}, "only$_" => {} },
	location => 'aicost_budget day $aicost_consumer 100EUR/day;')->run() }
	1 .. 2;

ok($_->wait_up(), 'the store is there') for @edges;

# before: each its own file

my ($rc, $out, $err) = $t->aicost('key', 'add', 'new', @url);
is($rc, 1, 'nothing is published yet');
like($err, qr/no consumers are published: aicost key publish/, 'says so');
is(code($edges[0]->chat(as => 'only2')), '401 invalid_api_key', 'own file');
is(source($_), 'file', 'file') for @edges;

# published: all take it, none its own file

$t->write_file('all.json', consumers({ bot => {}, all => {} }));
($rc, $out) = $t->aicost('key', 'publish', @url, '--consumers', $t->testdir()
	. '/all.json');
is($rc, 0, 'published') or diag($out);

ok(everywhere('200 ', as => 'all'), 'a key of all');
ok(everywhere('401 invalid_api_key', as => "only$_"), "not of edge $_") for 1, 2;
ok(wait_for { source($_) eq 'published' }, 'published') for @edges;
ok($_->wait_log(qr/consumers published to the fleet are in force/), 'said')
	for @edges;

# a key that is added, that is revoked

($rc, $out) = $t->aicost('key', 'add', 'late', @url, '--json');
is($rc, 0, 'added') or diag($out);
my $key = decode_json($out)->{key};
ok(everywhere('200 ', key => $key), 'it is known');

($rc, $out) = $t->aicost('key', 'list', @url, '--json');
is(join(' ', map { $_->{consumer} } @{ decode_json($out) }), 'all bot late',
	'listed');

($rc, $out) = $t->aicost('key', 'revoke', 'late', @url);
is($rc, 0, 'revoked') or diag($out);
ok(everywhere('401 invalid_api_key', key => $key), 'it is gone');

# a budget

($rc, $out) = $t->aicost('key', 'add', 'all', @url, '--budget',
	'day=0.000001EUR');
is($rc, 0, 'a budget') or diag($out);
ok(everywhere('402 budget_exceeded', as => 'all'), 'it holds');

# side by side: none is lost

my @rc = parallel(8, sub {
	my ($i) = @_;
	return ($t->aicost('key', 'add', "many$i", @url))[0];
});
is("@rc", join(' ', (0) x 8), 'eight at once');
($rc, $out) = $t->aicost('key', 'list', @url, '--json');
is(scalar(grep { $_->{consumer} =~ /^many/ } @{ decode_json($out) }), 8,
	'eight are there');

# the own file changes nothing

$edges[0]->replace_file('consumers.json', consumers({ file => {} }));
ok($edges[0]->wait_log(qr/does not read ".*consumers\.json" again/), 'said');
is(code($edges[0]->chat(as => 'file')), '401 invalid_api_key', 'not read');

# a reload, and a restart without the store

$edges[0]->reload();
is(code($edges[0]->chat(as => 'many')), '401 invalid_api_key', 'no such key');
is(code($edges[0]->chat()), '200 ', 'after a reload');
is(source($edges[0]), 'published', 'published');

$r->stop();
ok($_->wait_up(0), 'the store is gone') for @edges;
$_->stop(), $_->run() for @edges;
is(code($edges[0]->chat(as => 'file')), '401 invalid_api_key',
	'not the file');
is(code($edges[0]->chat()), '200 ', 'a restart in an outage');
is(code(ask($edges[1], key => $key)), '401 invalid_api_key', 'still revoked');

# emptied: kept, said, and a later one counts

$r->restart();
ok($_->wait_up(), 'the store is there') for @edges;
$r->clear();
ok($_->wait_log(qr/lost the published consumers/), 'lost') for @edges;
ok(everywhere('200 ', as => 'bot'), 'kept');

($rc, $out) = $t->aicost('key', 'list', @url);
is($rc, 1, 'none there');

# many parts

my %many = map { ("consumer-$_" => {}) } 1 .. 8000;
$t->replace_file('all.json', consumers({ bot => {}, %many }));
cmp_ok(-s $t->testdir() . '/all.json', '>', 3 * 262144, 'parts');
($rc, $out) = $t->aicost('key', 'publish', @url, '--consumers', $t->testdir()
	. '/all.json');
is($rc, 0, 'published') or diag($out);
ok(everywhere('200 ', as => "consumer-$_"), "consumer $_") for 1, 8000;

# what no edge would take

$t->write_file('bad.json', '{"version": 1, "consumers": [}');
($rc, $out, $err) = $t->aicost('key', 'publish', @url, '--consumers',
	$t->testdir() . '/bad.json');
is($rc, 1, 'bad');
like($err, qr/bad\.json:1:\d+: /, 'with the place');

my $version = $r->ask('GET', '{aic:default}:cv');
$r->ask('SET', '{aic:default}:c', 'no JSON');
$r->ask('SET', '{aic:default}:cv', $version + 1);
ok($_->wait_log(qr/keeps the old consumers, not the published ones/), 'kept')
	for @edges;
is(code($edges[0]->chat(as => 'consumer-8000')), '200 ', 'the old ones hold');

# withdrawn

($rc, $out) = $t->aicost('key', 'withdraw', @url);
is($rc, 0, 'withdrawn') or diag($out);
ok(wait_for { code($edges[0]->chat(as => 'file')) eq '200 ' }, 'its file');
ok(wait_for { code($edges[1]->chat(as => 'only2')) eq '200 ' }, 'its file');
ok(wait_for { source($_) eq 'file' }, 'file') for @edges;
ok(wait_for { !-e $_->testdir() . '/state/consumers' }, 'nothing is kept')
	for @edges;

# usage

for ([ 'publish' ], [ 'withdraw' ], [ 'publish', @url, 'more' ],
	[ 'add', 'x', @url, '--consumers', 'f' ])
{
	($rc) = $t->aicost('key', @$_);
	is($rc, 2, join ' ', 'usage', @$_[0]);
}

$_->done() for @edges;

###############################################################################

sub everywhere {
	my ($code, %who) = @_;

	return wait_for {
		!grep { code(ask($_, %who)) ne $code } @edges;
	} 20;
}


# as => NAME, or with a key

sub ask {
	my ($edge, %who) = @_;

	$who{as} = undef,
		$who{headers} = { Authorization => 'Bearer ' . delete $who{key} }
		if $who{key};

	return $edge->chat(%who);
}


sub source {
	my ($edge) = @_;

	return $edge->status_now()->{fleet}{consumers};
}


###############################################################################
