#!/usr/bin/perl

# Tests for a store that is not there, does not answer, or answers nonsense:
# what each on_error= does meanwhile, and that all sums are right afterwards.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;
use Aicost::Fault;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $r = Aicost::Redis->new($t, options => { appendonly => 'yes' });
my $f = Aicost::Fault->new($t, to => $r->port_of());
my $PASSWORD = $t->secret('pw-7f3a9c-of-the-store');

# who was asked, what may be answered

my %MAY = (
	closed => [ 'rich 200 premium', 'rich 503 ', 'poor 200 free',
		'poor 503 ', 'dead 403 ', 'dead 503 ', 'free 200 free' ],
	degrade => [ 'rich 200 premium', 'rich 200 free', 'poor 200 free',
		'dead 403 ', 'dead 200 free', 'free 200 free' ],
	open => [ 'rich 200 premium', 'poor 200 premium', 'poor 200 free',
		'dead 403 ', 'dead 200 premium', 'free 200 free' ],
);

my %edge = map { $_ => edge($_, $f->url() . ' timeout=200ms') } sort keys %MAY;
my @edges = map { $edge{$_} } sort keys %edge;

sub edge {
	my ($policy, $redis) = @_;

	return Aicost::Edge->new($t, free => 1,
		redis => "$redis on_error=$policy domain=$policy",
		sim => { tokens => 60, keep => 64 }, server => <<'CONF',

        location /poor/ {
            aicost_pass premium;
            aicost_budget poor $aicost_consumer 0.0001EUR/month;
        }

        location /dead/ {
            aicost_pass premium;
            aicost_budget dead $aicost_consumer 800EUR/month;
        }
CONF
		location => 'aicost_budget rich $aicost_consumer '
			. '900EUR/month;');
}

# absent at the start

$f->set('refuse');
$_->run() for @edges;

for my $policy (sort keys %MAY) {
	my $e = $edge{$policy};

	ok($e->wait_log(qr/aicost redis.*unavailable/), "$policy: it is said");

	my @first = map { ask($e, 'rich') } 1 .. 5;
	is_deeply([ map { "$_->{status} " . ($_->{tier} // '') } @first ],
		[ ($policy eq 'closed' ? '503 ' : $policy eq 'open'
			? '200 premium' : '200 free') x 5 ],
		"$policy: absent at the start");
	is(ask($e, 'free')->{status}, 200, "$policy: what is free is served");
	is(metric($e->metrics_now(), 'aicost_store_up'), 0,
		"$policy: metric");
	is_deeply([ $e->outages() ], [ 1, 0 ], "$policy: one line");
}

my $first = ask($edge{closed}, 'rich');
is($first->{code}, '503 budget_store_unavailable', 'a code');
like($first->{retry}, qr/^[1-9]\d*$/, 'Retry-After');
is(ask($edge{degrade}, 'rich')->{reason}, 'free_tier', 'a reason');

my $s = $edge{closed}->status_now();
is($s->{store}, 'redis', 'the console: which store');
ok(!$s->{fleet}{up}, 'and that it is down');

$r->start();
$f->set('pass');

for my $e (@edges) {
	ok($e->wait_up(), 'heals by itself');
	ok($e->wait_log(qr/aicost redis.*available again/), 'and says so');
	is_deeply([ $e->outages() ], [ 1, 1 ], 'once');
	is_deeply([ @{ ask($e, 'rich') }{qw/status tier/} ],
		[ 200, 'premium' ], 'goes');
	my ($rc) = $e->control('kill', 'dead');
	is($rc, 0, 'kill');
	is(ask($e, 'dead')->{code}, '403 kill_switch', 'stopped');
	is_deeply([ @{ ask($e, 'poor') }{qw/status tier/} ], [ 200, 'free' ],
		'no money, a free tier');
}

ok($edge{closed}->status_now()->{fleet}{up}, 'the console');
sums('absent at the start');

# with the breaker open nobody waits, few connect

$f->set('hang');
ask($edge{closed}, 'rich') for 1 .. 5;
ok($edge{closed}->wait_up(0), 'five failures');
$_->wait_up(0) for grep { ask($_, 'rich') } @edges;
my $before = $f->seen();
my @all = map { ask($edge{closed}, 'rich') } 1 .. 100;
is(scalar(grep { $_->{status} == 503 } @all), 100, 'refused');
cmp_ok($f->seen()->{accepted} - $before->{accepted}, '<=', 20,
	'no connection each');
heal();

# everything is stopped: also when nobody can be asked

is(($_->control('kill'))[0], 0, 'kill') for @edges;
is(ask($_, 'rich')->{code}, '403 kill_switch', 'stopped') for @edges;
$f->set('refuse');
$_->wait_up(0) for @edges;

for my $policy (sort keys %MAY) {
	my @seen = map { ask($edge{$policy}, 'rich')->{status} } 1 .. 10;
	is_deeply([ grep { $_ != 403 && $_ != 503 } @seen ], [],
		"$policy: what was stopped stays so");
}

heal();
is(($_->control('resume'))[0], 0, 'resume') for @edges;

# under load, one after another

my @faults = (
	['killed', sub { $r->kill9() }, sub { $r->start() }],
	['stopped for 3 s', sub { $r->freeze(); pause(3) },
		sub { $r->thaw() }],
	['CLIENT PAUSE', sub { $r->ask('CLIENT', 'PAUSE', 1500) }],
	map({
		my @words = split ' ', $_;
		[$_, sub { $f->set(@words) }, sub { $f->set('pass') }];
	} 'slice', 'refuse', 'close', 'reset', 'half', 'garble', 'bulk',
		'delay 600', 'mute', 'hang'),
);

my $memory = memory();

for (@faults) {
	my ($name, $begin, $end) = @$_;
	my @names = qw/rich poor rich dead rich free/;

	my $load = Aicost::Load->begin(\@edges, 6, sub {
		my ($i, $k) = @_;
		pause(0.005);
		return asks($names[($i + $k) % 6], $k);
	});

	lines(10);
	$begin->();
	lines(25);
	$end->() if $end;
	heal();
	lines(10);

	my @all = $load->end();

	is_deeply([ Aicost::Load::mismatched(@all) ], [],
		"$name: each its own answer");

	for my $policy (sort keys %MAY) {
		my %may = map { $_ => 1 } @{ $MAY{$policy} };
		my %not;

		for (grep { $_->{edge} == $edge{$policy}{index} } @all) {
			my $what = "$_->{name} $_->{status} "
				. ($_->{status} == 200 ? $_->{tier} : '');
			$not{"$what $_->{code}"}++ unless $may{$what};
			$not{"$what without a time"}++ if $_->{status} == 503
				&& !$_->{retry};
		}

		is_deeply(\%not, {}, "$name: on_error=$policy");
	}
}

sums('after all of it');

SKIP: {
	skip 'a sanitizer keeps what was freed', 1
		if ($ENV{TEST_NGINX_BINARY} // '') =~ /asan/;

	cmp_ok(memory(), '<', $memory + 64 * 1024 * 2, 'no gigabyte was read');
}

for my $e (@edges) {
	my ($down, $up);
	wait_for { ($down, $up) = $e->outages(); $down == $up };
	is($down, $up, 'each outage has its end in the log');
	cmp_ok($down, '>=', 8, 'outages were seen');
	cmp_ok($down, '<=', 3 * (@faults + 3), 'a line an outage');
}

cmp_ok((sort { $b <=> $a } map { $_->{lost} }
	$r->accounts(domain => 'open'))[0], '>', 0,
	'what was served without the store is counted as that');

# passwords

my $p = Aicost::Redis->new($t, name => 'password', password => 'another')
	->start();
$t->write_file('pw', "$PASSWORD\n");
my $e = edge('closed', $p->url() . " password=file:$t->{dir}/pw");

$e->run();
ok($e->wait_log(qr/aicost redis.*unavailable/), 'a wrong password');
like($e->read_log(), qr/WRONGPASS|password/i, 'it is said');
is(ask($e, 'rich')->{code}, '503 budget_store_unavailable', 'closed');
$p->ask('CONFIG', 'SET', 'requirepass', $PASSWORD);
ok($e->wait_up(), 'the right one');
ok(wait_for(sub { ask($e, 'rich')->{status} == 200 }), 'goes');

my $said = $t->conf_error("aicost_zone 16m; aicost_redis "
	. "redis://u:$PASSWORD\@127.0.0.1:1;");
like($said, qr/password=/, 'a password in the URL is refused');
unlike($said, qr/\Q$PASSWORD\E/, 'and not repeated');

$_->done() for @edges, $e;

###############################################################################

sub asks {
	my ($name, $k) = @_;

	return (name => $name, uri => $Aicost::Edge::SERVED{$name}
		// '/v1/chat/completions', max_tokens => 20 + ($k * 13) % 81,
		$name eq 'free' ? (model => 'free') : ());
}


sub ask {
	my ($edge, $name) = @_;
	my (undef, undef, %ask) = asks($name, 30);

	return { Aicost::Load::said($name, $edge->chat(%ask)) };
}


sub pause {
	select undef, undef, undef, $_[0];
}


# so many more answers of each edge

sub lines {
	Aicost::Edge::wait_more($_[0], undef, @edges);
}


sub heal {
	$f->set('pass');
	is(scalar(grep { $_->wait_up() } @edges), 3, 'all are back');
}


# all that was answered is settled, nothing is held

sub sums {
	my ($when) = @_;

	for my $policy (sort keys %MAY) {
		my ($settled, $held, $logged);

		wait_for {
			($settled, $held) = (0, 0);
			for ($r->accounts(domain => $policy)) {
				$settled += $_->{settled};
				$held += $_->{reserved} + $_->{open};
			}
			$logged = $edge{$policy}->logged();
			!$held && $settled == $logged;
		};

		is($held, 0, "$policy: nothing is held, $when");
		is($settled, $logged, "$policy: all is settled, $when");
	}
}


# kB of all workers

sub memory {
	my $sum = 0;

	for my $pid (map { $_->workers() } @edges) {
		open my $fh, '<', "/proc/$pid/status" or next;
		$sum += (join('', <$fh>) =~ /RssAnon:\s+(\d+)/)[0] // 0;
	}

	return $sum;
}

###############################################################################
