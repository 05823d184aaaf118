#!/usr/bin/perl

# Tests for a store whose disk or memory is full: it answers, and takes
# nothing.  What each on_error= does meanwhile, and that all sums are right
# afterwards.

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

my $LIMIT = 900_000_000;
my @POLICIES = qw/closed degrade local open/;

my %ANSWER = (
	closed => '503 budget_store_unavailable ',
	degrade => '200  free',
	local => '200  premium',
	open => '200  premium',
);

my $disk = small_disk();

full('memory');
full('snapshots', save => '"1 1"');

SKIP: {
	skip 'no tmpfs may be mounted here: no append-only file was filled up',
		1 unless $disk;

	full('an append-only file', appendonly => 'yes',
		'auto-aof-rewrite-percentage' => 0);
}

###############################################################################

sub full {
	my ($what, %options) = @_;
	my ($name) = $what =~ /(\w+)$/;

	my $r = Aicost::Redis->new($t, name => $name, dir => $disk,
		options => \%options)->start();

	my %edge = map { $_ => Aicost::Edge->new($t, free => 1,
		redis => $r->url() . " on_error=$_ domain=$_ timeout=1s",
		sim => { tokens => 60, keep => 64 },
		http => 'aicost_outage_allowance 10%;',
		location => 'aicost_budget day $aicost_consumer 0.9EUR/month;')
		->run() } @POLICIES;
	my @edges = map { $edge{$_} } @POLICIES;

	for my $policy (@POLICIES) {
		ok($edge{$policy}->wait_up(), "$what: up");
		is(answer($edge{$policy}), '200  premium', "$what: goes");
	}

	ok(wait_for(sub { $r->totals($LIMIT, domain => 'local')->{reserved}
		>= 0.09 * $LIMIT }), "$what: money is lent");

	# streams are open when it fills up

	$t->sim_next($t->{sim_port}, ('slow=40') x @edges);
	my @streams = map { $_->begin(stream => JSON::PP::true,
		headers => { Connection => 'close' }) } @edges;
	$_->read_until(qr/data: /) for @streams;

	fill($r);

	for my $policy (@POLICIES) {
		my $e = $edge{$policy};

		ok(wait_for(sub { metric($e->metrics_now(),
			'aicost_store_refused_total') > 0 || !$e->chat() }),
			"$what: refusals of $policy are counted");
		is(answer($e), $ANSWER{$policy}, "$what: $policy") for 1 .. 3;
		ok($e->wait_log(qr/aicost redis "[^"]+" refuses a command: /),
			"$what: $policy says it");
	}

	like($_->finish()->body(), qr/aicost cost=.*\[DONE\]/s,
		"$what: a stream ends") for @streams;

	for my $e (@edges) {
		is(metric($e->metrics_now(), 'aicost_store_refuses'), 1,
			"$what: it is seen that it refuses");
		ok($e->status_now()->{fleet}{refuses},
			"$what: on the console too");
	}

	# so it stays for some beats

	my $load = Aicost::Load->begin(\@edges, 4, sub {
		select undef, undef, undef, 0.05;
		return (max_tokens => 60);
	});
	Aicost::Edge::wait_more(50, undef, @edges);
	my @all = $load->end();

	is_deeply([ Aicost::Load::mismatched(@all) ], [],
		"$what: each its own answer");

	for my $policy (@POLICIES) {
		my %not = map { $_ => 1 } grep { $_ ne $ANSWER{$policy} }
			map { "$_->{code} " . ($_->{tier} // '') }
			grep { $_->{edge} == $edge{$policy}{index} } @all;

		is_deeply(\%not, {}, "$what: $policy, as long as it lasts");
		is(() = $edge{$policy}->read_log() =~ /refuses a command/g, 1,
			"$what: $policy says it once");
	}

	empty($r);

	for my $policy (@POLICIES) {
		my $e = $edge{$policy};
		my ($a, $logged);

		ok(wait_for(sub { answer($e) eq '200  premium'
			&& $e->metrics_now() }, 30), "$what: $policy heals");
		ok(wait_for(sub {
			$a = $r->totals($LIMIT, domain => $policy);
			$logged = $e->logged();
			$a->{settled} == $logged && !$a->{open}
				- ($policy eq 'local' ? 1 : 0);
		}, 30), "$what: $policy is exact");
		is($a->{settled}, $logged, "$what: $policy, to the nano");
		cmp_ok($a->{settled} + $a->{reserved}, '<=', $LIMIT,
			"$what: $policy, inside the limit")
			unless $policy eq 'open';
		is(scalar(() = $e->read_log() =~ /takes commands again/g), 1,
			"$what: $policy says that it healed");
		is(metric($e->metrics_now(), 'aicost_store_refuses'), 0,
			"$what: $policy shows it");
		$e->done();
	}

	$r->kill9();
}


sub answer {
	my ($edge) = @_;
	my $r = $edge->chat();

	return code($r) . ' ' . ($r->header('X-AICost-Tier') // '');
}


# a tmpfs of its own; undef: none can be mounted

sub small_disk {
	my $dir = "$t->{dir}/small";

	return undef if $> != 0;
	mkdir $dir;

	return system("mount -t tmpfs -o size=1m none $dir 2>/dev/null") == 0
		? $dir : undef;
}


END {
	system("umount -l $disk") if $disk && $t && $t->{pid} == $$;
}


# without a disk to fill: no snapshot can be put in its place

sub fill {
	my ($r) = @_;

	if ($r->{name} eq 'memory') {
		$r->ask('CONFIG', 'SET', 'maxmemory', 1);
		return;
	}

	if (!$disk) {
		unlink "$r->{dir}/dump.rdb";
		mkdir "$r->{dir}/dump.rdb" or die "mkdir: $!\n";
		mkdir "$r->{dir}/dump.rdb/full" or die "mkdir: $!\n";

	} else {
		open my $fh, '>', "$disk/fill" or die "$disk/fill: $!\n";
		$fh->autoflush(1);
		1 while print $fh 'x' x 4096;
		close $fh;
	}

	# what it knows it has not written yet
	ok(wait_for(sub { my $i = $r->info('persistence');
		$r->try('INCR', 'used');
		$i->{rdb_last_bgsave_status} eq 'err'
			|| $i->{aof_last_write_status} eq 'err' }, 30),
		"$r->{name}: nothing can be written");
}


sub empty {
	my ($r) = @_;

	if ($r->{name} eq 'memory') {
		$r->ask('CONFIG', 'SET', 'maxmemory', 0);

	} elsif (!$disk) {
		rmdir "$r->{dir}/dump.rdb/$_" for 'full', '';

	} else {
		unlink "$disk/fill";
	}
}

###############################################################################
