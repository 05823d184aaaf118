#!/usr/bin/perl

# Tests for what a request costs the store: its commands, its bytes on the wire,
# and what is kept of it.  prove -v shows the figures.

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

my $LIMIT = 9_000_000_000;
my $N = 200;
my $r = Aicost::Redis->new($t, options => { 'slowlog-log-slower-than' => 0,
	'slowlog-max-len' => 100_000 })->start();

my $e = Aicost::Edge->new($t, workers => 1, redis => $r->url()
	. ' on_error=closed timeout=2s', sim => { tokens => 60, keep => 64 },
	http => 'aicost_user $http_x_user;',
	location => 'aicost_budget day $aicost_consumer 9EUR/month; '
		. 'aicost_budget user $aicost_user 0.5EUR/month; '
		. 'aicost_rate user $aicost_user 600r/m burst=600;')->run();

ok($e->wait_up(), 'the store is there');
$e->chat(headers => { 'X-User' => 'first' });
$r->wait_settled($LIMIT);
$r->ask('SLOWLOG', 'RESET');

my $wire = $r->info('stats')->{total_net_input_bytes};
my %status;

$status{$e->chat(headers => { 'X-User' => "user $_" })->status()}++
	for 1 .. $N;
is_deeply(\%status, { 200 => $N }, 'each of another user');
is($r->wait_settled($LIMIT)->{settled}, $e->logged(), 'settled');
$wire = $r->info('stats')->{total_net_input_bytes} - $wire;

# one round trip that is waited for, one command that is not

my %sha = scripts();
my %calls = map { $_ => 0 } values %sha;

$calls{$_}++ for map { $sha{$_->[3][1] // ''} // 'other' }
	grep { lc $_->[3][0] eq 'evalsha' }
	@{ $r->ask('SLOWLOG', 'GET', -1) };
is($calls{reserve}, $N, 'one reserve a request');
is($calls{settle}, $N, 'one settle a request');
is($calls{renew}, 0, 'no renew of a short one');
note(sprintf '%.0f bytes a request to the store, what else was said in this '
	. 'time included', $wire / $N);
cmp_ok($wire / $N, '<', 2500, 'bytes a request');

# what is kept: an account a user, and of the request a mark for an hour

my %bytes = map { $_ => memory($_) } qw/b r g/;

is(scalar(@{[ $r->keys_of('b') ]}), $N + 2, 'an account a user, one of the consumer');
is(scalar(@{[ $r->keys_of('r') ]}), $N + 1, 'a mark a request');
my $index = $r->ask('MEMORY', 'USAGE', '{aic:default}:ai') / ($N + 2);

note(sprintf '%.0f bytes an account and %.0f in the index, %.0f the mark of a '
	. 'request that ended, %.0f a rate', $bytes{b}, $index, @bytes{qw/r g/});
cmp_ok($bytes{b}, '<', 250, 'bytes an account');
cmp_ok($index, '<', 150, 'and in the index');
cmp_ok($bytes{r}, '<', 200, 'bytes a mark');
cmp_ok($bytes{g}, '<', 150, 'bytes a rate');

my $ttl = $r->ask('PTTL', ($r->keys_of('r'))[0]);
cmp_ok($ttl, '<=', 3_600_000, 'the mark goes within an hour');
cmp_ok($ttl, '>', 0, 'by itself');
is_deeply([ sort grep { $r->ask('PTTL', $_) < 0 }
	@{ $r->ask('KEYS', '*') } ], [ '{aic:default}:m' ],
	'as all others do, but the domain itself');

# one that is open

$t->sim_next($t->{sim_port}, 'slow=20');
my $stream = $e->begin(stream => JSON::PP::true,
	headers => { Connection => 'close', 'X-User' => 'one more' });
$stream->read_until(qr/data: /);

my ($open) = grep { $_->{state} == 1 } $r->reservations();
my $held = $r->ask('MEMORY', 'USAGE', $open->{key});
note("$held bytes a request that is open");
cmp_ok($held, '<', 300, 'bytes an open one');
$stream->finish();

$e->done();

###############################################################################

sub memory {
	my ($kind) = @_;
	my @keys = $r->keys_of($kind);
	my $sum = 0;

	$sum += $r->ask('MEMORY', 'USAGE', $_) for @keys;

	return $sum / @keys;
}


# digest => name, as the module has them

sub scripts {
	my $text = do {
		open my $fh, '<', "$FindBin::Bin/../ngx_aicost_module/store/"
			. 'aicost_redis_scripts.c' or die "scripts: $!\n";
		local $/;
		<$fh>;
	};

	my %sha;
	$sha{$2} = $1 while $text =~ /"(\w+)",\s*"([0-9a-f]{40})"/g;

	return %sha;
}

###############################################################################
