#!/usr/bin/perl

# Tests for the seams: a call before the client's, after it, beside it, and one
# call for many clients.  A small module (t/seams) sets the hooks.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim cc/);
my $src = $ENV{NGINX_SRC} || '/usr/share/nginx/src';

plan(skip_all => "no nginx sources in $src") unless -d $src;

$t->plan();

# nano a token, in and out
my %price = ('big' => [2000, 10000], 'small' => [200, 1000],
	'embed' => [100, 100], 'shadow+delay=300' => [400, 3000]);

my ($rc, undef, $err) = $t->command("$Aicost::Test::ROOT/util/build-module",
	$src, "$Aicost::Test::ROOT/t/seams", $t->testdir() . '/seams', 'cc',
	'', '');
is($rc, 0, 'module of the test builds') or BAIL_OUT($err);

my %more = (context => 200000, max_output => 100000);

$t->gateway(sim => { tokens => 50, keep => 1024 }, consumers => { bot => {} },
	prices => prices(
		'sim/embed' => { input => '0.1', output => '0.1', %more },
		'sim/shadow+delay=300' => { input => '0.4', output => '3',
			%more }),
	http => 'aicost_tier embed sim/embed;
		aicost_tier shadow sim/shadow+delay=300;
		aicost_budget all all 100EUR/day;
		aicost_rate net $aicost_net 6000r/m burst=1000;',
	server => <<'CONF' . join "\n", map { <<"CONF" } qw/before after shadow

        location /poor/ {
            aicost_pass cheap;
            aicost_seam after;
            aicost_budget poor $aicost_consumer 0.00011EUR/day;
        }

        location /once/ {
            aicost_pass cheap;
            aicost_seam after;
            aicost_rate once $aicost_net 1r/m;
        }
CONF
        location /$_/ {
            aicost_pass cheap;
            aicost_seam $_;
            aicost_drain off;
        }
CONF
	flight/);

my $conf = $t->read_file('nginx.conf');
my $so = $t->testdir() . '/seams/ngx_http_aicost_seams_module.so';

$conf =~ s/^(load_module .*\n)/$1load_module $so;\n/m;
$conf =~ s/worker_processes 2;/worker_processes 1;/;
$conf =~ s/events \{\}/events { worker_connections 2048; }/;

$t->write_file('nginx.conf', $conf);
$t->run();

my $sim = $t->{sim_port};
my $calls = 0;      # the provider's, of all phases
my $spent = 0;      # nano, counted from the provider's log
my %bytes;

# without the directive

my $r = chat();
is($r->status(), 200, 'no seam');
is($r->header('X-Seam'), undef, 'no seam, no hook');
adds_up(1, 'no seam');

# before

$r = chat(uri => '/before/v1/chat/completions');
is($r->status(), 200, 'before');
is($r->json()->{model}, 'small', 'before: the answer is of the own call');
is($r->header('X-Seam'), '200 shared=0 cost=0.0000005',
	'before: the call and its cost');

my @log = adds_up(2, 'before');
is($log[0]{path}, '/v1/embeddings', 'before: goes first');
is($log[0]{body}, '{"model":"embed","input":"nearest neighbours"}',
	'before: body');
is($log[1]{path}, '/v1/chat/completions', 'before: then the own call');

$t->sim_next($sim, '400', 'ok');
$r = chat(uri => '/before/v1/chat/completions');
is($r->status(), 200, 'before: its failure is not the client\'s');
like($r->header('X-Seam'), qr/^400 shared=0 cost=0\.00$/, 'before: failed');
adds_up(2, 'before failed');

$t->sim_next($sim, '500');
$r = chat(uri => '/before/v1/chat/completions');
is($r->status(), 200, 'before: nobody answers it');
like($r->header('X-Seam'), qr/^502 shared=0 cost=0\.00$/, 'before: 502');
adds_up(2, 'before refused');

like(chat(uri => '/before/v1/chat/completions', stream => \1)->body(),
	qr/\[DONE\]/, 'before a stream');
adds_up(2, 'before a stream');

# after

$r = chat(uri => '/after/v1/chat/completions');
is($r->status(), 200, 'after');
is($r->json()->{model}, 'big', 'after: the second answer');
is($r->json()->{usage}{completion_tokens}, 9, 'after: its usage');
is($r->header('Content-Length'), length($r->body()), 'after: its length');

@log = adds_up(2, 'after');
is(decode_json($log[0]{body})->{model}, 'small', 'after: own call first');
is(decode_json($log[1]{body})->{model}, 'big', 'after: then the other');

for my $fault ('500', '429', 'cut') {
	$t->sim_next($sim, 'ok', $fault);
	$r = chat(uri => '/after/v1/chat/completions');
	is($r->status(), 200, "after: $fault");
	is($r->json()->{model}, 'small', "after: $fault, the first answer");
	adds_up(2, "after: $fault", $fault);
}

$t->sim_next($sim, 'chunked', 'chunked');
$r = chat(uri => '/after/v1/chat/completions');
is($r->json()->{model}, 'big', 'after: chunked');
adds_up(2, 'after: chunked');

# over the same budgets, without a rate of its own

$r = chat(uri => '/poor/v1/chat/completions');
is($r->json()->{model}, 'small', 'poor: the first answer');
is($r->header('X-Seam'), '402 shared=0 cost=0.00', 'poor: no room for another');
adds_up(1, 'poor');

$r = chat(uri => '/once/v1/chat/completions');
is($r->json()->{model}, 'big', 'once: the second answer');
is(chat(uri => '/once/v1/chat/completions')->status(), 429, 'once: its rate');
adds_up(2, 'once');

# shadow

$r = chat(uri => '/shadow/v1/chat/completions');
is($r->status(), 200, 'shadow');
is($r->json()->{model}, 'small', 'shadow: the own answer');
unlike($t->read_log(), qr/shadow rc/, 'shadow: the client did not wait');

ok($t->wait_log(qr/shadow rc:0 status:200 len:[1-9]/), 'shadow: answer');
adds_up(2, 'shadow');

my $s = http_begin(chat_bytes('/shadow/v1/chat/completions'));
like($s->next()->body(), qr/small/, 'shadow: first on a connection');
$s->write(chat_bytes('/v1/chat/completions'));
like($s->next()->body(), qr/"model"/, 'shadow: the connection serves on');
$s->close();
adds_up(3, 'shadow kept alive');

# one call for many

$t->sim_next($sim, 'delay=500');

my @s = map { http_begin(chat_bytes('/flight/v1/chat/completions')) } 1 .. 5;
my @r = map { $_->next() } @s;

is(join(' ', map { $_->status() } @r), '200 200 200 200 200', 'flight');
is(scalar(uniq(map { $_->json()->{id} } @r)), 1, 'flight: one answer');
is(join(' ', sort map { $_->header('X-Seam') =~ /(shared=\d)/ } @r),
	'shared=0' . ' shared=1' x 4, 'flight: one pays');
adds_up(1, 'flight');

$r = chat(uri => '/flight/v1/chat/completions');
like($r->header('X-Seam'), qr/^200 shared=0 /, 'flight: the next one anew');
adds_up(1, 'flight anew');

$t->sim_next($sim, '500+delay=300', 'ok', 'ok');
@s = map { http_begin(chat_bytes('/flight/v1/chat/completions')) } 1 .. 2;
@r = map { $_->next() } @s;
is(join(' ', map { $_->status() } @r), '200 200',
	'flight failed: each makes its own call');
adds_up(3, 'flight failed');

# clients that leave

abort('before', 1, 'hang');
abort('after', 2, 'ok', 'hang');
abort('after', 2, 'ok', 'hangbody');
abort('shadow', 2, 'hang', 'hang');

$s = http_begin(chat_bytes('/shadow/v1/chat/completions'));
$s->next();
$s->close();
adds_up(2, 'shadow, client gone after its answer');

for my $who ('leader', 'waiter') {
	$t->sim_next($sim, 'delay=500');

	@s = (http_begin(chat_bytes('/flight/v1/chat/completions')));
	seen(1);
	push @s, http_begin(chat_bytes('/flight/v1/chat/completions'))
		for 1 .. 2;
	round_trip() for 1 .. 3;

	my ($gone) = splice @s, $who eq 'leader' ? 0 : 1, 1;
	$gone->abort();

	@r = map { $_->next() } @s;
	is(join(' ', map { $_->status() } @r), '200 200',
		"flight: $who left, the others are served");
	adds_up(1, "flight: $who left");
}

$t->sim_next($sim, 'delay=300');
$s = http_begin(chat_bytes('/flight/v1/chat/completions'));
seen(1);
$s->abort();
adds_up(1, 'flight: all left, it is billed once as it was used');

# caps: 64 share a call, 256 calls are shared

$t->sim_next($sim, 'delay=3000', 'ok', 'ok');
@s = map { http_begin(chat_bytes('/flight/v1/chat/completions')) } 1 .. 66;
@r = map { $_->next() } @s;
is(scalar(grep { $_->status() == 200 } @r), 66, 'cap of waiters: all served');
is(scalar(grep { $_->header('X-Seam') } @r), 64, 'cap of waiters: 64 share');
adds_up(3, 'cap of waiters');

$t->sim_next($sim, ('delay=3000') x 258);
@s = map { http_begin(chat_bytes('/flight/v1/chat/completions', "n $_")) }
	1 .. 258;
@r = map { $_->next() } @s;
is(scalar(grep { $_->status() == 200 } @r), 258, 'cap of flights: all served');
is(scalar(grep { $_->header('X-Seam') } @r), 256, 'cap of flights: 256 fly');
adds_up(258, 'cap of flights');

is($t->stop()->read_log() =~ /\[(?:alert|emerg)\]/, '', 'no alerts');

###############################################################################

# the same bytes for the same content

sub chat_bytes {
	my ($uri, $content) = @_;
	$content //= 'the same for all';

	my $bytes = $bytes{$content} //= chat_raw(content => $content);
	$bytes =~ s!/v1/chat/completions!$uri!;

	return $bytes;
}


sub status {
	return http_get('/api/status', -port => port(8090),
		Authorization => "Bearer $Aicost::Test::OPERATOR")->json();
}


sub spend {
	my $rows = http_get('/api/spend', -port => port(8090),
		Authorization => "Bearer $Aicost::Test::OPERATOR")
		->json()->{rows};

	return $rows->[0] // { requests => 0, cost => 0 };
}


# what the budget's account still has, without spending

sub left {
	my $r = http_post('/v1/chat/completions', { model => 'auto',
		messages => [ { role => 'user', content => 'x' } ] },
		'X-AICost-Explain' => $Aicost::Test::OPERATOR,
		Authorization => 'Bearer ' . consumer_key('bot'));

	return $r->json()->{budgets}[0]{left};
}


# n more calls, nothing open, and three counts that agree: the provider's log
# at our prices, the rows of the console, the budget's account

sub adds_up {
	my ($n, $name, $unknown) = @_;

	ok(wait_for { seen($n) && status()->{open} == 0 },
		"$name: nothing is open");

	my @log = $t->sim_log($sim);
	is(scalar @log, $n, "$name: calls");

	$calls += $n;
	wait_for { spend()->{requests} >= $calls };

	my $row = spend();
	my $cost = nano(sprintf '%.9f', $row->{cost});
	is($row->{requests}, $calls, "$name: rows");

	my $used = nano('100') - nano(sprintf '%.9f', left());
	is($used, $cost, "$name: account and rows agree");

	if (!$unknown) {
		for my $e (@log) {
			my $p = $price{decode_json($e->{body})->{model}};

			$spent += $e->{tokens_in} * $p->[0]
				+ $e->{tokens_out} * $p->[1]
				if $e->{status} == 200;
		}

		is($cost, $spent, "$name: cost is the provider's count");

	} else {
		cmp_ok($cost, '>=', $spent, "$name: billed work is not free");
		$spent = $cost;
	}

	$t->sim_reset($sim);

	return @log;
}


sub seen {
	my ($n) = @_;

	return wait_for { $t->sim_log($sim) >= $n };
}


sub round_trip {
	return http_get('/v1/models',
		Authorization => 'Bearer ' . consumer_key('bot'));
}


# the client leaves when the last call hangs

sub abort {
	my ($seam, $n, @faults) = @_;

	$t->sim_next($sim, @faults);
	my $s = http_begin(chat_bytes("/$seam/v1/chat/completions"));
	ok(seen($n), "$seam @faults: the provider is asked");
	$s->abort();

	adds_up($n, "$seam @faults, client left", 1);
}


sub uniq {
	my %seen;
	return grep { !$seen{$_}++ } @_;
}

###############################################################################
