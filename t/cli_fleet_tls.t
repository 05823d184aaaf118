#!/usr/bin/perl

# Tests for the command line over rediss://: a password is told only to a server
# that proves its name.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new(module => 0)
	->has(qw/cli/), tls => 1)->plan();

my $SECRET = 'a-password-of-a-test';
my $r = Aicost::Redis->new($t, password => $SECRET, tls => 1)->start();
my $ca = $r->{ca};
my $url = $r->url();
my ($port) = $url =~ /:(\d+)$/;

delete @ENV{qw/AICOST_CONSOLE AICOST_TOKEN_FILE AICOST_REDIS/};
$ENV{AICOST_REDIS_PASSWORD} = $SECRET;

# layout, epoch, last time, ...: a domain that is open

$r->ask('SET', '{aic:default}:m', pack 'C3 a16 C13', 0x9f, 2, 0xb0,
	'0123456789abcdef', (0) x 13);

# who is trusted

is(told(), 0, 'nobody was told the password');
refused('an authority that is not known', qr/certificate is not trusted/);
refused('another authority', qr/certificate is not trusted/,
	'--trusted-certificate', other());

my ($rc, $out) = fleet($url, '--trusted-certificate', $ca);
is($rc, 0, 'an authority that is') or diag($out);
like($out, qr/^mode +normal$/m, 'it answers');
cmp_ok(told(), '>', 0, 'and was told the password');

is((fleet("rediss://localhost:$port", '--trusted-certificate', $ca))[0], 0,
	'by its name');
is((fleet("rediss://localhost:$port/0", '--trusted-certificate', $ca,
	'--verify', 'on'))[0], 0, 'a database, and what is so anyway');

# a certificate of another name, and one that is over

for (['of another name', of => 'DNS:store.test'], ['that is over',
	days => -1])
{
	my ($name, %of) = @$_;
	my ($cert, $key) = Aicost::Redis::certificate($t, "tls $name", %of);

	$r->show($cert, $key);
	refused("one $name", qr/certificate is not trusted/,
		'--trusted-certificate', $ca);
	is((fleet($url, '--verify', 'off'))[0], 0,
		"one $name: unless nobody looks");
}

$r->show(@$r{qw/cert key/});
is((fleet($url, '--trusted-certificate', $ca))[0], 0, 'its own again');

# what is long comes in many records

$t->write_file('consumers.json', Aicost::Test::consumers(
	{ map { ("consumer$_" => {}) } 1 .. 5000 }));
($rc, $out) = command('key', 'publish', '--consumers', "$t->{dir}/consumers.json",
	'--redis', $url, '--trusted-certificate', $ca);
is($rc, 0, 'a long command') or diag($out);
($rc, $out) = command('key', 'list', '--json', '--redis', $url,
	'--trusted-certificate', $ca);
is($rc, 0, 'a long reply') or diag($out);
is(scalar(() = $out =~ /"consumer\d+"/g), 5000, 'all of it');

# by the environment

{
	local $ENV{AICOST_REDIS} = $url;
	is((command('status', '--trusted-certificate', $ca))[0], 0,
		'AICOST_REDIS');
}

# what is no TLS, and what has none

for (
	[1, 'rediss:// to a plain port', qr/TLS handshake failed|no answer/,
		'rediss://' . $r->address(), '--trusted-certificate', $ca],
	[1, 'redis:// to a port of TLS', qr/no answer|not acceptable/,
		"redis://127.0.0.1:$port"],
	[2, 'no such file', qr/of rediss:/, 'redis://' . $r->address(),
		'--trusted-certificate', $ca],
	[2, 'neither on nor off', qr/on or off/, $url, '--verify', 'maybe'],
	[1, 'no authorities', qr/no authorities can be read/, $url,
		'--trusted-certificate', "$t->{dir}/nothing"],
) {
	my ($code, $name, $re, @args) = @$_;

	($rc, $out) = fleet(@args);
	is($rc, $code, "$name: code");
	like($out, $re, "$name: text");
	unlike($out, qr/$SECRET/, "$name: no secret");
}

$r->freeze();
($rc, $out) = fleet($url, '--trusted-certificate', $ca);
$r->thaw();
is($rc, 1, 'a server that hangs: code');
like($out, qr/TLS handshake failed|no answer/, 'text');

# nodes of a cluster with TLS between them: the other one says where

my @nodes = Aicost::Redis::cluster($t, 2, tls => 'all');
my $owner = Aicost::Redis::owner($nodes[0]->slot(), @nodes);
my ($other) = grep { $_ != $owner } @nodes;

delete $ENV{AICOST_REDIS_PASSWORD};
$owner->ask('SET', '{aic:default}:m', pack 'C3 a16 C13', 0x9f, 2, 0xb0,
	'0123456789abcdef', (0) x 13);
is((fleet($other->url(), '--trusted-certificate', $ca))[0], 0,
	'a redirect is followed');

###############################################################################

sub command {
	my ($rc, $out, $err) = $t->aicost(@_);

	return ($rc, $out . ($err // ''));
}


sub fleet {
	my ($url, @more) = @_;

	return command('status', '--redis', $url, @more);
}


# nothing is told to it

sub refused {
	my ($name, $re, @more) = @_;
	my $before = told();
	my ($rc, $out) = fleet($url, @more);

	is($rc, 1, "$name: code");
	like($out, $re, "$name: text");
	is(told(), $before, "$name: not told the password");
}


# how often somebody else than this test said AUTH

sub told {
	my $stat = $r->info('commandstats')->{cmdstat_auth} // 'calls=1';
	my ($calls) = $stat =~ /calls=(\d+)/;

	return $calls - 1;
}


sub other {
	my (undef, undef, $ca) = Aicost::Redis::certificate($t, 'elsewhere',
		by => 'another');

	return $ca;
}

###############################################################################
