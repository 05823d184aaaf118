#!/usr/bin/perl

# Tests for lua-free-config/edges.conf: two hosts, one budget.  Only addresses
# and paths are replaced.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway ();
use Aicost::Edge;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $password = $t->secret('pw-of-the-example');
my $r = Aicost::Redis->new($t, acl => [
	"user aicost on >$password ~{aic:* +\@all" ])->start();

open my $fh, '<', "$Aicost::Test::ROOT/lua-free-config/edges.conf" or die;
my $conf = do { local $/; <$fh> };
close $fh;

my $port = $r->{port};
my @edges = map { edge() } 1 .. 2;

sub edge {
	my $e = Aicost::Edge->new($t, consumers => { bot => {} });
	my $dir = $e->testdir();
	my $own = $conf;

	for (['load_module modules/ngx_aicost_module.so;', ''],
		['worker_processes  auto;', '%%TEST_GLOBALS%%'],
		['http {', "http {\n    %%TEST_GLOBALS_HTTP%%\n"],
		['/var/lib/aicost', "$dir/state"], ['10.0.0.5:6379',
		"127.0.0.1:$port"], ['https://api.openai.com/v1',
		'http://127.0.0.1:%%PORT_9000%%/v1'],
		['127.0.0.1:11434', '127.0.0.1:%%PORT_9000%%'],
		['/etc/nginx/prices.json', "$Aicost::Test::ROOT/prices.json"],
		['/etc/nginx/', "$dir/"], ['listen 8080', 'listen 127.0.0.1:'
		. '%%PORT_8080%%'], ['127.0.0.1:9090', '127.0.0.1:%%PORT_8082%%'],
		['127.0.0.1:9091', '127.0.0.1:%%PORT_8083%%'])
	{
		my ($from, $to) = @$_;
		ok($own =~ s/\Q$from\E/$to/g, "it has $from");
	}

	$e->write_file('redis.key', $password);
	$e->write_file('openai.key', $t->secret('sk-of-the-example'));
	$e->write_file('console.key', $Aicost::Test::OPERATOR);
	$e->write_file_expand('nginx.conf', $own);

	return $e->run();
}

# ten euros of one host are missing on the other

for my $e (@edges) {
	ok(wait_for(sub { $e->chat(model => 'auto')->status() == 200 }),
		'answers');
}

my $used;

# open are the allowances that each edge may have leased by then

ok(wait_for(sub {
	my @a = grep { $_->{limit} == 25_000_000_000 }
		$r->accounts(domain => 'production');
	$used = @a == 1 ? $a[0] : {};
	return ($used->{settled} // 0) > 0 && $used->{open} <= @edges;
}), 'one account of both');

is(scalar(grep { $_->{limit} == 500_000_000_000 }
	$r->accounts(domain => 'production')), 1, 'and of the company');

$_->done() for @edges;

###############################################################################
