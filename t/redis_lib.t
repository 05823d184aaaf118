#!/usr/bin/perl

# Tests for the tests' Redis: servers, their faults, records, the proxy.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IO::Socket::INET;
use Time::HiRes qw/time/;

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;
use Aicost::Fault;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new())->plan();

# values

is_deeply(Aicost::Redis::unpack_msg("\x96\x01\xcc\xff\xcd\x01\x00"
	. "\xce\xff\xff\xff\xff\xcf\x00\x1f\xff\xff\xff\xff\xff\xff\xa2hi"),
	[ 1, 255, 256, 4294967295, 9007199254740991, 'hi' ], 'MessagePack');
is(eval { Aicost::Redis::unpack_msg("\x92\x01") }, undef, 'a cut one is none');

# a server

my $r = Aicost::Redis->new($t)->start();

is($r->ask('SET', "a\r\nb", "\0\xff"), 'OK', 'SET');
is($r->ask('GET', "a\r\nb"), "\0\xff", 'GET: all bytes');
is($r->ask('GET', 'none'), undef, 'nil');
is_deeply($r->ask('EVAL', 'return {1, "a", {2, false}}', 0),
	[ 1, 'a', [ 2, undef ] ], 'an array');
like(eval { $r->ask('NOTHING') } // $@, qr/^ERR unknown command/, 'an error');
is_deeply([ $r->pipeline(['INCR', 'n'], ['INCR', 'n']) ], [ 1, 2 ],
	'several at once');
cmp_ok($r->info('server')->{tcp_port}, '==', $r->port_of(), 'INFO');

# records

my $eval = 'redis.call("SET", KEYS[1], cmsgpack.pack({1, 7, "l", "w", "b", 0, '
	. '0, 0, 0, 0, 5000000000, 3000000000, 1, 2, 3, 4, 5, 6, 0, 10, 20, '
	. '0, 0, 30}))';
$r->ask('EVAL', $eval, 1, "{aic:default}:b:\0\1*?[x");
$r->ask('EVAL', $eval, 1, '{aic:other}:b:1');
$r->ask('SET', '{aic:default}:b:bad', 'text');
is_deeply([ map { [ @$_{qw/settled reserved open grace/} ] } $r->accounts() ],
	[ [ 3000000000, 1, 6, 30 ] ], 'accounts, of one domain');
is($r->account(5000000000, domain => 'other')->{lost}, 5, 'an account');

# its ends

my $file = $r->snapshot();
$r->ask('SET', 'late', 1);
$r->restart(dump => $file);
is($r->ask('GET', 'n'), 2, 'on an old snapshot');
is($r->ask('GET', 'late'), undef, 'what came later is lost');
$r->restart(empty => 1);
is($r->ask('DBSIZE'), 0, 'empty');

$r->freeze();
my $s = IO::Socket::INET->new($r->address());
print $s "PING\r\n";
ok(!IO::Select->new($s)->can_read(0.2), 'frozen: no answer');
$r->thaw();
is(readline($s), "+PONG\r\n", 'then a late one');

$r->stop();
ok(!IO::Socket::INET->new($r->address()), 'stopped');
$r->start();

# passwords, users, sockets, TLS

my $p = Aicost::Redis->new($t, name => 'password', password => 'pw-1',
	unix => 1)->start();
is($p->ask('PING'), 'PONG', 'a password');
ok(-S $p->{sock}, 'a socket');

my $tls = Aicost::Redis::has_tls();
my $acl = Aicost::Redis->new($t, name => 'acl', tls => $tls,
	acl => ['user aicost on >pw-2 ~{aic:* +@all'])->start();
is($acl->ask('ACL', 'WHOAMI'), 'tester', 'a user of our own');

SKIP: {
	skip 'this server has no TLS', 1 unless $tls;

	my ($rc) = $t->command('openssl', 's_client', '-brief',
		'-verify_return_error', '-CAfile', $acl->{ca}, '-connect',
		"127.0.0.1:$acl->{tls_port}");
	is($rc, 0, 'TLS, by its authority');
}

###############################################################################

# the proxy

my $f = Aicost::Fault->new($t, to => $r->port_of());

is(ping(), '+PONG', 'pass');
is($f->seen()->{accepted}, 1, 'one connection');

$f->set('hang');
$s = begin();
is(said($s, 0.2), '', 'hang');
$f->set('pass');
is(said($s), "+PONG\r\n", 'and later');

$f->set('mute');
$s = begin("INCR muted\r\n");
ok(wait_for(sub { ($r->ask('GET', 'muted') // 0) == 1 }), 'mute: it is done');
is(said($s, 0.1), '', 'and nobody says so');
$f->set('pass');
is(said($s), ":1\r\n", 'but late');

$s = begin();
is(said($s), "+PONG\r\n", 'pass');
$f->set('refuse');
is(said($s), undef, 'refuse: those there are gone');
ok(!IO::Socket::INET->new("127.0.0.1:$f->{port}"), 'and none is taken');
$f->set('pass');
is(ping(), '+PONG', 'pass again');

my $from = time();
$f->set('delay', 300);
is(ping(), '+PONG', 'delay');
cmp_ok(time() - $from, '>=', 0.3, 'by so much');

$f->set('slice');
$s = begin();
is(said($s, 5, 7), "+PONG\r\n", 'slice');

$f->set('garble');
is(said(begin(), 5, 7), '???????', 'garble');

$f->set('half');
$s = begin();
is(said($s), '+PON', 'half');
is(said($s, 0.2), '', 'then nothing');

$f->set('reset');
$s = begin();
my $got = said($s, 5, 99);
ok(!defined $got || $got eq '+PON', 'reset');

$f->set('bulk');
like(said(begin()), qr/^\$1073741824\r\nx/, 'bulk');

$f->set('pass');
$s = begin();
said($s);
$f->set('close');
is(said($s), undef, 'close');
is(ping(), '+PONG', 'once');

$r->kill9();
is(said(begin()), undef, 'a server that is gone');
$r->start();
is(ping(), '+PONG', 'and back');

# replicas, sentinels, a cluster

my $replica = Aicost::Redis->new($t, name => 'replica', replica_of => $r)
	->start();
ok(wait_for(sub { $replica->info('replication')->{master_link_status}
	eq 'up' }), 'a replica');
is(scalar(Aicost::Redis::sentinels($t, $r)), 3, 'sentinels');

my @nodes = Aicost::Redis::cluster($t, 3);
my $slot = $nodes[0]->slot();
my $owner = Aicost::Redis::owner($slot, @nodes);
my ($other) = grep { $_ != $owner } @nodes;

$owner->ask('SET', "{aic:default}:$_", $_) for 1 .. 10;
my $half;
Aicost::Redis::move_slot($slot, $owner, $other, sub {
	$half = @{ $other->ask('CLUSTER', 'GETKEYSINSLOT', $slot, 100) };
}, sub {
	is(@{ $other->ask('CLUSTER', 'GETKEYSINSLOT', $slot, 100) }, 10,
		'all of a slot');
}, @nodes);
is($half, 5, 'half of a slot');
is(Aicost::Redis::owner($slot, @nodes), $other, 'a slot moves');
is($other->ask('GET', '{aic:default}:7'), 7, 'with its keys');

# two gateways, each alone here, and their clients

$t->has(qw/module sim/);

my @edges = map { Aicost::Edge->new($t, sim => { tokens => 5 },
	location => 'aicost_budget all all 5EUR/day;')->run() } 1 .. 2;

my @all = map { { Aicost::Load::said('rich', $_->chat()) } } @edges;
is($_->{code}, '200 ', 'an edge answers') for @all;

push @all, Aicost::Load->begin(\@edges, 4, sub {
	my ($i, $k) = @_;
	return $k < 5 ? (max_tokens => 3 + $k) : ();
})->wait();

is_deeply(Aicost::Load::tally(@all), { 'rich 200 ' => 22 }, 'clients');
is($edges[0]->logged() + $edges[1]->logged(), Aicost::Load::cost(@all),
	'as logged');
is_deeply([ Aicost::Load::mismatched(@all) ], [], 'each has its own answer');

$all[0]{cost}++;
$all[1]{id} = $all[2]{id};
is(scalar(Aicost::Load::mismatched(@all)), 2, 'a wrong one is seen');

my $load = Aicost::Load->begin(\@edges, 2, sub { return (max_tokens => 1) });
ok(Aicost::Edge::wait_more(3, 200, @edges), 'until they are told');
cmp_ok(scalar($load->end()), '>', 0, 'to stop');

$_->done() for @edges;

###############################################################################

sub begin {
	my ($raw) = @_;
	my $s = IO::Socket::INET->new("127.0.0.1:$f->{port}") or return undef;

	$s->autoflush(1);
	print $s $raw // "PING\r\n";

	return $s;
}


# what comes within the time, '': nothing, undef: the end; n bytes of it

sub said {
	my ($s, $timeout, $n) = @_;
	my ($in, $end) = ('', time() + ($timeout // 5));

	while (IO::Select->new($s)->can_read($end - time())) {
		my $got = sysread $s, $in, 65536, length $in;
		return length $in ? $in : undef unless $got;
		return $in if length $in >= ($n // 1);
	}

	return $in;
}


sub ping {
	return (said(begin()) // 'closed') =~ s/\r\n//r;
}

###############################################################################
