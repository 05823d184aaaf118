#!/usr/bin/perl

# Tests for the name of a store: one of /etc/hosts needs no resolver, one of
# the resolver may have addresses where nobody listens.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Dns;
use Aicost::Edge;
use Aicost::Redis;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $LIMIT = 9_000_000_000;
my $r = Aicost::Redis->new($t)->start();
my $dns = port('dns');

sub edge {
	my ($name, $domain, $http) = @_;

	return Aicost::Edge->new($t, http => $http // '', redis => "redis://$name:"
		. $r->port_of() . " on_error=closed timeout=2s domain=$domain",
		sim => { tokens => 60, keep => 64 },
		location => 'aicost_budget day $aicost_consumer 9EUR/month;')
		->run();
}

# a name of /etc/hosts; no name server answers here

my $local = edge('localhost', 'local',
	"resolver 127.0.0.1:$dns ipv6=off; resolver_timeout 1s;");

ok($local->wait_up(), 'localhost: the store is there');
is(code($local->chat()), '200 ', 'localhost: goes');
is($r->wait_settled($LIMIT, domain => 'local')->{settled}, $local->logged(),
	'localhost: settled');

# and after the connection was lost

$r->drop();
is(code($local->chat()), '200 ', 'localhost: again');

# a name with addresses at which nobody listens: the next one is taken at once,
# and stays

$t->write_file('address', '127.0.0.3 127.0.0.4 127.0.0.1');
Aicost::Dns->start($t, $dns, 'store.example.test', 'address');

my $named = edge('store.example.test', 'named',
	"resolver 127.0.0.1:$dns valid=1s ipv6=off; resolver_timeout 1s;");

ok($named->wait_up(), 'three addresses: the store is there');

for my $n (1 .. 4) {
	$r->drop();
	is(code($named->chat()), '200 ', "lost $n times: goes");
}

is_deeply([ $named->outages() ], [ 0, 0 ], 'nothing was an outage');

# the store goes to another address

$t->replace_file('address', '127.0.0.4 127.0.0.1');
ok(wait_for(sub { $r->drop(); code($named->chat()) eq '200 ' }),
	'other addresses: goes');

# none of them: said, and healed

$t->replace_file('address', '127.0.0.3');
ok(wait_for(sub { $r->drop(); $named->chat()->status() == 503 }),
	'nobody listens');
ok($named->wait_log(qr/is unavailable \(connection refused\)/), 'says so');
$t->replace_file('address', '127.0.0.1');
ok($named->wait_up(), 'the store is there again');
is(code($named->chat()), '200 ', 'goes again');
ok(wait_for(sub { $r->wait_settled($LIMIT, domain => 'named')->{settled}
	== $named->logged() }), 'and all is settled');

$_->done() for $local, $named;

###############################################################################
