#!/usr/bin/perl

# Tests for a store that lost what it was told, or cannot write: no budget is
# handed out twice, and what was spent is told again.

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

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $STORE = '503 budget_store_unavailable';
my ($DAY, $TIGHT) = (9_000_000_000, 3_000_000);

my $r = Aicost::Redis->new($t)->start();
my @edges = edges($r, '');
my $sim = $t->{sim_port};

sub edges {
	my ($redis, $more) = @_;

	return map { Aicost::Edge->new($t, sim => { tokens => 50 },
		consumers => { map { $_ => {} } qw/bot one two x y/ },
		redis => $redis->url() . " on_error=closed timeout=1s $more",
		server => <<'CONF',

        location /tight/ {
            aicost_pass premium;
            aicost_budget tight $aicost_consumer 0.003EUR/month;
        }
CONF
		location => 'aicost_budget day $aicost_consumer 9EUR/month;')
		->run() } 1 .. 2;
}

ok($_->wait_up(), 'the store is there') for @edges;

# a script is not known any more: the same request goes

is(spend(@edges), 200, 'goes');
$r->ask('SCRIPT', 'FLUSH');
is(spend($_), 200, 'SCRIPT FLUSH') for @edges;
exact('SCRIPT FLUSH');

# no account is full again: neither of both edges, nor of one

my $tight = '/tight/v1/chat/completions';
my %used;

for my $who (['one', $edges[0]], ['two', $edges[1]]) {
	for (1 .. 20) {
		my $r = $who->[1]->chat(as => $who->[0], uri => $tight);
		last if $r->status() != 200;
		$used{$who->[0]} += nano(scalar $r->header('X-AICost-Cost'));
	}

	cmp_ok($used{$who->[0]}, '>', 0.5 * $TIGHT, "$who->[0] is spent");
}

for my $loss (['FLUSHALL', sub { $r->ask('FLUSHALL') }],
	['a restart on nothing', sub { $r->restart(empty => 1) }])
{
	my ($name, $lose) = @$loss;
	my $before = $r->wait_settled($DAY)->{settled};

	$lose->();

	ok(wait_for(sub { spend($_) == 200 }), "$name: goes again")
		for @edges;
	cmp_ok($r->wait_settled($DAY)->{settled}, '>', $before,
		"$name: and knows what was spent");
	exact($name);

	for my $e (@edges) {
		is(code($e->chat(as => $_, uri => $tight)),
			'402 budget_exceeded', "$name: $_ has nothing more")
			for qw/one two/;
	}

	my $a = $r->totals($TIGHT);
	is($a->{settled}, $used{one} + $used{two}, "$name: nor more spent");
}

# with requests in flight, which take longer than the store to open again

$t->sim_next($sim, 'slow=100', 'slow=100');
my @streams = map { $_->begin(stream => JSON::PP::true,
	headers => { Connection => 'close' }) } @edges;
$_->read_until(qr/data: /) for @streams;
is($r->totals($DAY)->{open}, 2, 'two are open');
$r->ask('FLUSHALL');
ok(wait_for(sub { spend($_) == 200 }), 'goes again') for @edges;
ok(wait_for(sub { $r->totals($DAY)->{open} == 2 }),
	'what they hold is held again');
like($_->finish()->body(), qr/aicost cost=.*\[DONE\]/s, 'they end')
	for @streams;
exact('FLUSHALL with two open');

# an old snapshot: what came later is told again

my $old = $r->snapshot();
my $then = $r->totals($DAY)->{settled};
spend($_) for (@edges) x 10;
exact('before');
$r->restart(dump => $old);
ok(wait_for(sub { spend($_) == 200 }), 'goes again') for @edges;
cmp_ok($then, '<', exact('an old snapshot'), 'more than it had');

# full: nothing new begins, what is open is settled

$t->sim_next($sim, 'slow=30');
my $stream = $edges[0]->begin(stream => JSON::PP::true,
	headers => { Connection => 'close' });
$stream->read_until(qr/data: /);
$r->ask('CONFIG', 'SET', 'maxmemory', '1');
is(code($_->chat()), $STORE, 'maxmemory: refused') for @edges;
like($stream->finish()->body(), qr/aicost cost=.*\[DONE\]/s,
	'maxmemory: a stream ends');
is($r->wait_settled($DAY)->{open}, 0, 'maxmemory: and is settled');
$r->ask('CONFIG', 'SET', 'maxmemory', '0');
ok(wait_for(sub { spend($_) == 200 }), 'goes again') for @edges;
exact('maxmemory');

# an account that is something else: closed, others are not

is(spend_as($_, 'x'), 200, 'an account') for @edges;
$r->wait_settled($DAY);
my ($x) = grep { $_->{limit} == $DAY && $_->{settled} == 2 * price() }
	$r->accounts();
$r->ask('DEL', $x->{key});
$r->ask('RPUSH', $x->{key}, 'a list');

for my $e (@edges) {
	is(code($e->chat(as => 'x')), $STORE, 'WRONGTYPE: closed');
	is(spend($e), 200, 'WRONGTYPE: others are not');
	is(spend_as($e, 'y'), 200, 'WRONGTYPE: nor new ones');
	is(metric($e->metrics_now(), 'aicost_store_up'), 1,
		'WRONGTYPE: the store is there');
}

$r->ask('DEL', $x->{key});
ok(wait_for(sub { spend_as($_, 'x') == 200 }), 'gone: goes again')
	for @edges;

$_->done() for @edges;

# a disk that is full, or takes no snapshot

{
	my $d = Aicost::Redis->new($t, name => 'disk', options => {
		save => '3600 1', dbfilename => 'dump.rdb' });
	$d->start();
	my @e = edges($d, 'domain=disk');

	ok($_->wait_up(), 'up') for @e;
	is(spend($_), 200, 'goes') for @e;
	$t->sim_next($sim, 'slow=30');
	my $stream = $e[0]->begin(stream => JSON::PP::true,
		headers => { Connection => 'close' });
	$stream->read_until(qr/data: /);

	mkdir "$d->{dir}/dump.rdb" or die "mkdir: $!\n";
	mkdir "$d->{dir}/dump.rdb/full" or die "mkdir: $!\n";
	$d->ask('BGSAVE');
	ok(wait_for(sub { $d->info('persistence')->{rdb_last_bgsave_status}
		eq 'err' }), 'no snapshot can be written');

	is(code($_->chat()), $STORE, 'MISCONF: refused') for @e;
	like($stream->finish()->body(), qr/aicost cost=.*\[DONE\]/s,
		'MISCONF: a stream ends');

	rmdir "$d->{dir}/dump.rdb/$_" for 'full', '';
	$d->ask('BGSAVE');
	ok(wait_for(sub { spend($_) == 200 }, 30), 'MISCONF: heals') for @e;

	my $a = $d->wait_settled($DAY, domain => 'disk');
	is($a->{settled}, $e[0]->logged() + $e[1]->logged(),
		'MISCONF: all is settled');
	is($a->{open}, 0, 'MISCONF: nothing is held');
	$_->done() for @e;
	$d->kill9();
}

full_disk() ? () : note('no tmpfs may be mounted here: the disk was not '
	. 'filled');

# rights, and settings that are not safe

{
	my $pw = $t->secret('acl-pw-90871234');
	my @rights = split ' ', (grep { /^user aicost/ } split /\n/,
		$t->expand(slurp("$Aicost::Test::ROOT/redis/users.acl")))[0];

	my $n = Aicost::Redis->new($t, name => 'rights',
		options => { 'maxmemory-policy' => 'allkeys-lru',
			maxmemory => '100mb' },
		acl => [ join ' ', map { /^#/ ? ">$pw" : $_ } @rights ])
		->start();
	$t->write_file('acl-pw', $pw);
	my @e = edges($n, "user=aicost password=file:$t->{dir}/acl-pw");

	ok($_->wait_up(), 'the rights of users.acl are enough') for @e;
	is(spend($_), 200, 'goes') for @e;
	ok($_->wait_log(qr/\[warn\].*(?:allkeys-lru|maxmemory-policy)/),
		'allkeys-lru is warned of') for @e;

	for my $command (qw/set evalsha get/) {
		$n->ask('ACL', 'SETUSER', 'aicost', "-$command");
		is(code($_->chat()), $STORE, "NOPERM, $command: refused")
			for @e;
		$n->ask('ACL', 'SETUSER', 'aicost', "+$command");
		ok(wait_for(sub { spend($_) == 200 }),
			"NOPERM, $command: heals") for @e;
	}

	my $a = $n->wait_settled($DAY);
	is($a->{settled}, $e[0]->logged() + $e[1]->logged(),
		'NOPERM: all is settled');
	$_->done() for @e;
}

###############################################################################

sub spend {
	my ($edge) = @_;

	return $edge->chat()->status();
}


sub spend_as {
	my ($edge, $as) = @_;

	return $edge->chat(as => $as)->status();
}


# nano of one call here

sub price {
	return nano((grep { $_->{status} == 200 } $edges[0]->ledger())[0]
		->{cost});
}


# what is settled, and is it all

sub exact {
	my ($when) = @_;
	my ($a, $b, $logged);

	wait_for {
		($a, $b) = map { $r->wait_settled($_) } $DAY, $TIGHT;
		$logged = $edges[0]->logged() + $edges[1]->logged();
		$a->{settled} + $b->{settled} == $logged;
	} 5;

	is($a->{settled} + $b->{settled}, $logged, "$when: the sum of all");
	is($a->{reserved}, 0, "$when: nothing is held");

	return $a->{settled};
}


sub slurp {
	open my $fh, '<', $_[0] or die "$_[0]: $!\n";
	local $/;
	return scalar <$fh>;
}


# AOF on a tmpfs of its own: false when none can be mounted

sub full_disk {
	my $dir = "$t->{dir}/small";

	return 0 if $> != 0;
	mkdir $dir;
	return 0 if system("mount -t tmpfs -o size=1m none $dir 2>/dev/null");

	my $d = Aicost::Redis->new($t, name => 'small', dir => $dir,
		options => { appendonly => 'yes', appendfsync => 'always',
			'auto-aof-rewrite-percentage' => 0 });
	my $ok = eval { aof($d, $dir); 1 };
	my $why = $@;

	$d->kill9();
	system("umount $dir") == 0 or diag("$dir is still mounted");
	die $why unless $ok;

	return 1;
}


sub aof {
	my ($d, $dir) = @_;

	# "always" ends the server when it cannot write
	$d->start();
	$d->ask('CONFIG', 'SET', 'appendfsync', 'everysec');
	my @e = edges($d, 'domain=small');

	ok($_->wait_up(), 'up') for @e;
	is(spend($_), 200, 'goes') for @e;

	open my $fh, '>', "$dir/fill";
	$fh->autoflush(1);
	1 while print $fh 'x' x 4096;
	close $fh;

	ok(wait_for(sub { spend($_) == 503 }), 'a full disk: refused') for @e;
	unlink "$dir/fill";
	ok(wait_for(sub { spend($_) == 200 }, 30), 'a full disk: heals')
		for @e;

	my $a = $d->wait_settled($DAY, domain => 'small');
	is($a->{settled}, $e[0]->logged() + $e[1]->logged(),
		'a full disk: all is settled');
	$_->done() for @e;
}

###############################################################################
