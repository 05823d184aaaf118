#!/usr/bin/perl

# Tests for all at once with Redis: two edges, clients and providers that do
# what they like, and a store that hangs, garbles, breaks off and is gone now
# and then.  No worker dies, nothing stays held, and what the store has at last
# is what the edges have logged.
#
# TEST_CHAOS    requests a client (40)
# TEST_SEED     of what happens (1)

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Fault;
use Aicost::Redis;
use Aicost::Chaos;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $COUNT = $ENV{TEST_CHAOS} // 40;
my $SEED = $ENV{TEST_SEED} // 1;
my $CLIENTS = 12;
my $LIMIT = 1_000_000_000_000;

my $r = Aicost::Redis->new($t)->start();
my @fault = map { Aicost::Fault->new($t, to => $r->port_of()) } 1 .. 2;
my @edges = map { Aicost::Edge->new($t,
	redis => $_->url() . ' on_error=closed timeout=100ms',
	sim => { tokens => 12, keep => 4 }, prices => chaos_prices(),
	http => chaos_conf(), zone => '16m lease=2s',
	location => 'aicost_budget all all 1000EUR/month; '
		. 'aicost_drain max=4 time=200ms;', server => <<'CONF')->run() }
        location /v1beta/ {
            aicost_pass premium;
            aicost_budget all all 1000EUR/month;
            aicost_drain off;
        }
CONF
	@fault;

ok($_->wait_up(), 'the store is there') for @edges;
my @before = map { [ $_->workers() ] } @edges;

# one process makes the store of each edge fail while the clients go on

my @breaks = map { my $i = $_; $t->run_daemon(sub { breaks($fault[$i],
	$SEED + $i) }) } 0, 1;
my $did = chaos($t, $CLIENTS, $COUNT, $SEED,
	map { $_->port_of(8080) } @edges);

$t->stop_daemon($_) for @breaks;
$_->set('pass') for @fault;

diag(join ', ', map { "$did->{$_} $_" } sort keys %$did);
cmp_ok($did->{whole} // 0, '>', $CLIENTS * $COUNT / 20, 'many were answered');
cmp_ok($did->{refused} // 0, '>', 0, 'some were not');
cmp_ok($did->{left} // 0, '>', $CLIENTS * $COUNT / 8, 'many left');

ok($_->wait_up(), 'the store is there again') for @edges;
my $sum = $r->wait_settled($LIMIT, timeout => 60);
is($sum->{open}, 0, 'nothing stays open');
is($sum->{reserved}, 0, 'nothing stays reserved');

my $logged;
wait_for {
	$logged = $edges[0]->logged() + $edges[1]->logged();
	$sum = $r->totals($LIMIT);
	$sum->{settled} == $logged;
};
is($sum->{settled}, $logged, 'what was paid is the sum of the logs')
	or diag(explain($sum));
cmp_ok($logged, '>', 0, 'which is not nothing');

is(join(' ', $edges[$_]->workers()), "@{ $before[$_] }",
	'the workers are the same') for 0, 1;

$t->sim_reset($t->{sim_port});

for (@edges) {
	my $a = $_->chat(model => 'premium');
	is($a->status(), 200, 'and it serves') or diag($a->body());
}

$_->finish() for @edges;

###############################################################################

sub breaks {
	my ($f, $seed) = @_;
	my @how = qw/hang refuse garble half reset close slice mute/;

	srand($seed);

	while (1) {
		$f->set($how[rand @how]);
		select undef, undef, undef, 0.05 + rand() * 0.3;
		$f->set('pass');
		select undef, undef, undef, 0.3 + rand() * 0.7;
	}
}

###############################################################################
