#!/usr/bin/perl

# Tests for provider names: resolved at run time, so that a start without DNS
# works, heals by itself, and a changed address is followed.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Dns;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my $dns = port('dns');
my $p = port('named');

my %models = map { $_ => { input => '2', output => '10', context => 200000,
	max_output => 100000 } } qw(named/m hosts/m two/m);

# two providers at one port of two addresses: the name tells which

my $one = $t->sim(port => 'named', tokens => 3,
	args => ['--listen', "127.0.0.2:$p"]);

$t->gateway(prices => prices(%models), http => <<"HTTP")->run();
resolver 127.0.0.1:$dns valid=1s ipv6=off;
resolver_timeout 1s;
aicost_provider named http://api.example.test:$p/v1 api=openai;
aicost_provider hosts http://localhost:$p/v1 api=openai;
aicost_provider two http://127.0.0.1:%%PORT_9000%%/v1 api=openai;
aicost_tier t named/m two/m;
aicost_tier alone named/m;
aicost_tier local hosts/m;
HTTP

my $n = 0;

# no DNS at all

is(attempts('t'), 'named/m unresolved, two/m ok (200)', 'started without DNS');
is(attempts('alone'), 'named/m unresolved', 'told');
is(attempts('local'), 'hosts/m ok (200)', 'a name of /etc/hosts');

# DNS comes

$t->write_file('address', '127.0.0.1');
my $server = Aicost::Dns->start($t, $dns, 'api.example.test', 'address');

ok(wait_for(sub { attempts('t') eq 'named/m ok (200)' }, 40), 'it heals');
my @log = $t->sim_log($one);
is($log[-1]{host}, "api.example.test:$p", 'Host is the name');
is($log[-1]{path}, '/v1/chat/completions', 'path');

# another address, under load: 127.0.0.2 from now on

$t->replace_file('address', '127.0.0.2');
my @bad;

ok(wait_for(sub {
	my $how = attempts('alone');
	push @bad, $how if $how ne 'named/m ok (200)';
	($t->ledger($n))[-1]{addr} =~ /^127\.0\.0\.2:/;
}), 'the new address is followed');
is("@bad", '', 'without a failed request');

# two addresses, at one of them nobody listens

$t->replace_file('address', '127.0.0.3 127.0.0.1');
@bad = ();

ok(wait_for(sub {
	my $how = attempts('alone');
	push @bad, $how if $how ne 'named/m ok (200)';
	($t->ledger($n))[-1]{addr} =~ /^127\.0\.0\.3:\d+, 127\.0\.0\.1:/;
}), 'the other address is tried');
is("@bad", '', 'before another provider');

# an answer that fails keeps the last addresses

$t->stop_daemon($server);
ok($t->wait_log(qr/the last addresses stay in use/, 30), 'DNS is gone');
is(attempts('alone'), 'named/m ok (200)', 'the last addresses stay');

###############################################################################

sub attempts {
	my ($tier) = @_;

	chat(model => $tier);

	return ($t->ledger(++$n))[-1]{attempts};
}

###############################################################################
