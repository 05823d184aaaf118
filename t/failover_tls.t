#!/usr/bin/perl

# Tests for failover over TLS: each provider has its own name, verified; who
# cannot prove it never sees a key.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim openssl/)->plan();

# localhost is known from /etc/hosts

my ($good) = $t->certificate();
my ($other) = $t->certificate('elsewhere.example');
my ($port, $tls) = $t->sim(tls => 1, tokens => 7);
my $expired = expired();

my ($named) = serve('elsewhere.example', 0);
my ($old) = serve($expired, 1);

my %models = map { $_ => { input => '2', output => '10', context => 200000,
	max_output => 100000 } }
	qw(good/m wrong/m old/m stranger/m plain/m reuse/m);

my $GOOD = 'api=openai key=file:%%TESTDIR%%/good '
	. "trusted_certificate=$good";
my $BAD = 'api=openai key=file:%%TESTDIR%%/bad trusted_certificate=';

$t->write_file('good', "key-for-good\n")->write_file('bad', "key-for-bad\n");
$t->secret('key-for-good', 'key-for-bad');

$t->gateway(prices => prices(%models), http => <<"HTTP")->run();
aicost_provider good https://localhost:$tls/v1 $GOOD;
aicost_provider wrong https://localhost:$named/v1 ${BAD}$other;
aicost_provider old https://localhost:$old/v1 $BAD%%TESTDIR%%/$expired.crt;
aicost_provider stranger https://localhost:$tls/v1 ${BAD}$other;
aicost_provider plain https://localhost:%%PORT_8090%%/v1 ${BAD}$good;
aicost_tier twrong wrong/m good/m;
aicost_tier told old/m good/m;
aicost_tier tstranger stranger/m good/m;
aicost_tier tplain plain/m good/m;
HTTP

my $n = 0;

for my $name (qw/wrong old stranger plain/) {
	my $r = chat(model => "t$name");
	is($r->status(), 200, "$name: answered");
	is($r->header('X-AICost-Model'), 'good/m', "$name: by the next");

	my $l = ($t->ledger(++$n))[-1];
	is($l->{attempts}, "$name/m tls_failed, good/m ok (200)",
		"$name: attempts");
	is(nano($l->{cost}), 2000 * $l->{in} + 70_000, "$name: paid once");
}

my @log = $t->sim_log($port);
is(@log, 4, 'no other request has come');

ok($log[-1]{tls}, 'TLS');
is($log[-1]{sni}, 'localhost', 'the name of the provider');
is($log[-1]{host}, "localhost:$tls", 'Host');
is((grep { $_->{headers}{authorization} ne 'Bearer key-for-good' } @log), 0,
	'its own key');

for (qw/wrong old/) {
	unlike($t->read_log("$_.seen"), qr/POST|key-for/, "$_: saw nothing");
}

# the reasons are told

my $error = $t->read_log();
like($error, qr/upstream SSL certificate does not match "localhost"/, 'name');
like($error, qr/certificate has expired/, 'expired');
like($error, qr/self.signed certificate/, 'untrusted');

###############################################################################

# a certificate of localhost that ran out

sub expired {
	my (undef, $key) = $t->certificate();
	my $dir = $t->testdir();

	$t->write_file('ca.conf', <<CONF)->write_file('ca.index', '');
[ca]
default_ca = c
[c]
database = $dir/ca.index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
subjectAltName = DNS:localhost
CONF

	my ($rc, undef, $err) = $t->command(qw/openssl req -new -subj/,
		'/CN=localhost', '-key', $key, '-out', "$dir/csr");
	die $err if $rc;

	($rc, undef, $err) = $t->command(qw/openssl ca -batch -notext -selfsign/,
		'-config', "$dir/ca.conf", '-in', "$dir/csr", '-keyfile', $key,
		'-startdate', '20200101000000Z', '-enddate', '20200201000000Z',
		'-out', "$dir/expired.crt");
	die $err if $rc;

	return 'expired';
}


# openssl s_server writes what it is sent to the test's folder

sub serve {
	my ($name, $localhost) = @_;
	my $dir = $t->testdir();
	my $p = port("tls $name");
	my $log = $localhost ? 'old' : 'wrong';

	$t->run_daemon('sh', '-c', "exec openssl s_server -quiet -accept "
		. "127.0.0.1:$p -cert $dir/$name.crt -key $dir/"
		. ($localhost ? 'localhost' : $name)
		. ".key >$dir/$log.seen 2>$dir/$log.said");
	$t->waitforsocket($p);

	return $p;
}

###############################################################################
