package Bench;

# What the benchmarks share: processes of their own, a Redis,
# nginx configurations, load, and numbers of /proc.  Core Perl and wrk.

use warnings;
use strict;

use Cwd qw/abs_path/;
use Digest::SHA qw/sha256_hex/;
use Exporter qw/import/;
use File::Basename qw/dirname/;
use File::Path qw/make_path/;
use File::Temp qw/tempdir/;
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw/sysconf _SC_CLK_TCK WNOHANG/;
use Time::HiRes qw/sleep/;

our @EXPORT = qw/$root $dir ask begin between body build configure cpu
	cpu_all exchange free_port gateway machine median output parts
	percentile post proxied read_file redis redis_version run
	send_signal stop verdict wait_port workers whole write_file wrk/;

our $root = abs_path(dirname(__FILE__) . '/..');
our $dir;

my $nginx = $ENV{NGINX} || '/usr/sbin/nginx';
my $tick = sysconf(_SC_CLK_TCK);
my $main = $$;
my (%pids, @held);

END {
	my $rc = $?;

	if ($$ == $main) {
		stop($_) for reverse sort keys %pids;
	}
	$? = $rc;
}

$SIG{INT} = $SIG{TERM} = sub { exit 1 };
$SIG{PIPE} = 'IGNORE';


# a folder of this run, with prices, a consumer and the bodies

sub begin {
	chdir($root) or die "chdir: $!\n";

	$dir = tempdir('aicost-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $dir;
	make_path("$dir/temp");

	write_file("$dir/key", "sk-bench\n");
	write_file("$dir/consumers.json", encode_json({ version => 1,
		consumers => [ { name => 'bench', use_case => 'support',
			keys => [ { sha256 => sha256_hex('bench-key') } ] } ]
	}));

	my %price = (input => '0.10', output => '0.50');
	write_file("$dir/prices.json", encode_json({ version => 1,
		currency => 'USD', models => {
			'sim/big' => { %price, cached => '0.01',
				context => 1000000, max_output => 32000 },
			'flow/big' => \%price,
			'burst/big' => \%price,
			'local/free' => { free => JSON::PP::true },
		} }));

	bodies();
}


# real prompts of the corpus, repeated to the size

sub bodies {
	my $json = JSON::PP->new->canonical->utf8;
	my $rag = $json->decode(read_file('t/data/requests/chat-rag-nl-40k.json'));
	my $short = $json->decode(
		read_file('t/data/requests/chat-support-nl.json'));

	delete @{$short}{qw/stream stream_options/};
	write_file("$dir/1KB.json", fit($json, $short, 1000));

	$short->{stream} = JSON::PP::true;
	write_file("$dir/stream.json", fit($json, $short, 1000));

	$short->{model} = 'burst/big';
	write_file("$dir/burst.json", fit($json, $short, 1000));

	delete @{$rag}{qw/stream stream_options/};
	write_file("$dir/40KB.json", $json->encode($rag));

	system("$root/util/make-requests", $dir) == 0
		or die "util/make-requests failed\n";
	rename("$dir/agent-400k.json", "$dir/400KB.json") or die "rename: $!\n";

	write_file("$dir/post.lua", <<'LUA');
local f = io.open(os.getenv("BODY"), "rb")
wrk.method = "POST"
wrk.body = f:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench-key"
f:close()
LUA
}


sub fit {
	my ($json, $body, $size) = @_;

	my $m = $body->{messages};
	my $over = length($json->encode($body)) - $size;

	# the last message gives way, or is drawn out with its own text

	my $text = $m->[-1]{content};
	if ($over > 0) {
		while (length($json->encode($body)) > $size && @$m > 1
			&& length($m->[0]{content}) > 20) {
			$m->[0]{content} = substr($m->[0]{content}, 0, -10);
		}

	} else {
		$m->[-1]{content} .= ' ' . $text
			while length($json->encode($body)) < $size;
	}

	return $json->encode($body);
}


# starts an nginx: name, port; module => 1, load => [others], workers, affinity,
# log, http, server.  under => [...], a program it runs under, has it in one
# process

sub configure {
	my ($name, $port, %opt) = @_;

	my $user = $> == 0 ? 'user root;' : '';
	my $load = join "\n", map { "load_module $_;" }
		($opt{module} ? "$root/objs/nginx/ngx_aicost_module.so" : (),
		@{ $opt{load} || [] });
	my $where = $opt{affinity} ? "worker_cpu_affinity $opt{affinity};" : '';
	my $workers = $opt{workers} || 1;
	my $log = $opt{log} || 'error';
	my @under = @{ $opt{under} || [] };
	my $master = @under ? 'master_process off;' : '';

	write_file("$dir/$name.conf", <<"CONF");
$load
$user
worker_processes $workers;
$where
daemon off;
$master
error_log $dir/$name.log $log;
pid $dir/$name.pid;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $dir/temp;
    proxy_temp_path $dir/temp;
    fastcgi_temp_path $dir/temp;
    uwsgi_temp_path $dir/temp;
    scgi_temp_path $dir/temp;
$opt{http}
    server {
        listen 127.0.0.1:$port;
$opt{server}
    }
}
CONF

	my $pid = run($name, @under, $nginx, '-e', "$dir/$name.log", '-c',
		"$dir/$name.conf");
	wait_port($port);

	return @under ? $pid : workers($name, $workers);
}


# what a gateway with all limits on is made of: ports of the two providers, and
# what else stands in http

sub gateway {
	my ($name, $sim, $paced, $more) = @_;

	make_path("$dir/state-$name");

	my $http = <<"CONF";
    aicost_zone       64m  state=$dir/state-$name;
    $more
    aicost_currency   EUR  usd=0.92;
    aicost_prices     $dir/prices.json;
    aicost_consumers  $dir/consumers.json;
    aicost_provider sim    http://127.0.0.1:$sim/v1         key=file:$dir/key;
    aicost_provider flow   http://127.0.0.1:$paced/v1       key=file:$dir/key;
    aicost_provider burst  http://127.0.0.1:$sim/stream/v1  key=file:$dir/key;
    aicost_provider local  http://127.0.0.1:$sim/v1;
    aicost_tier local  local/free;
    aicost_tier cheap  sim/big;
    aicost_tier flow   flow/big;
    aicost_tier burst  burst/big;
    map \$aicost_stream \$ai_tier { default cheap; 1 flow; }
CONF
	my $server = <<'CONF';
        location /v1/ {
            aicost_pass    $ai_tier;
            aicost_rate    ip       $aicost_net       50000000r/m burst=1000000;
            aicost_budget  tokens   $aicost_consumer  1000000Mt/hour;
            aicost_budget  day      $aicost_consumer  2000000EUR/day
                           warn=50% downgrade=80%:local;
            aicost_budget  visit    $aicost_session   0.50EUR/session;
            aicost_budget  company  all               5000000EUR/day
                           limit=soft kill=110%;
        }
CONF

	return (module => 1, http => $http, server => $server);
}


# plain proxy_pass to the same two, the body in memory

sub proxied {
	my ($sim, $paced) = @_;

	return (http => <<"CONF", server => <<'CONF2');
    client_body_buffer_size 1m;
    client_max_body_size 8m;
    upstream sim { server 127.0.0.1:$sim; keepalive 64; }
    upstream paced { server 127.0.0.1:$paced; keepalive 64; }
CONF
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location /v1/ { proxy_pass http://sim; }
        location /burst/ {
            proxy_buffering off;
            proxy_pass http://sim/stream/;
        }
        location /stream/ {
            proxy_buffering off;
            proxy_pass http://paced/;
        }
CONF2
}


# starts a redis-server that keeps nothing on disk

sub redis {
	my ($name, $port, @under) = @_;

	run($name, @under, 'redis-server', '--port', $port, '--bind',
		'127.0.0.1', '--unixsocket', "$dir/$name.sock", '--save', '',
		'--appendonly', 'no', '--dir', $dir, '--daemonize', 'no');
	wait_port($port);

	return Bench::Redis->new($port);
}


sub free_port {
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0,
		Listen => 1) or die "no free port: $!\n";
	push @held, $s;

	return $s->sockport();
}


sub run {
	my ($name, @cmd) = @_;

	@held = ();

	my $pid = fork();
	die "fork: $!\n" unless defined $pid;

	if ($pid == 0) {
		open STDOUT, '>', "$dir/$name.out";
		open STDERR, '>&', \*STDOUT;
		exec { $cmd[0] } @cmd or POSIX::_exit(127);
	}

	return $pids{$name} = $pid;
}


sub wait_port {
	my ($p, $seconds) = @_;

	for (1 .. 50 * ($seconds || 10)) {
		return if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$p");
		for my $name (keys %pids) {
			next unless waitpid($pids{$name}, WNOHANG) > 0;
			delete $pids{$name};
			die "$name ended:\n" . read_file("$dir/$name.out");
		}
		sleep(0.02);
	}
	die "nothing listens on $p\n";
}


sub send_signal {
	my ($signal, $name) = @_;

	kill $signal, $pids{$name} or die "$name: $!\n";
}


sub stop {
	my ($name) = @_;

	my $pid = delete $pids{$name} or return;

	kill 'TERM', $pid;
	kill 'CONT', $pid;

	for (1 .. 500) {
		return if waitpid($pid, WNOHANG) != 0;
		sleep(0.02);
	}

	kill 'KILL', $pid;
	waitpid($pid, 0);
}


sub workers {
	my ($name, $n) = @_;

	for (1 .. 200) {
		my @pids = `pgrep -P $pids{$name}` =~ /(\d+)/g;
		return @pids if @pids >= $n;
		sleep(0.02);
	}
	die "$name: no worker\n";
}


# a window of load: what wrk prints

sub wrk {
	my ($url, %opt) = @_;

	my $script = $opt{script} || "$dir/post.lua";
	my $clients = $opt{clients} || 32;
	my @under = defined $opt{on} ? ('taskset', '-c', $opt{on}) : ();

	local $ENV{BODY} = $opt{body};

	open my $f, '-|', @under, 'wrk', '-t1', "-c$clients",
		"-d$opt{seconds}s", '--latency', '-s', $script, $url
		or die "wrk: $!\n";
	my $out = do { local $/; <$f> };
	close $f;

	die "wrk: $out\n" unless $out =~ /(\d+) requests in/ && $1;
	die "$url: $out\n" if $out =~ /Socket errors/;

	return $out;
}


# bench/*.c, compiled here

sub build {
	my ($name, @more) = @_;
	my $cc = $ENV{CC} || 'cc';

	system("$cc -std=c99 -O2 -D_GNU_SOURCE -o $dir/$name bench/$name.c"
		. " @more") == 0 or die "bench/$name.c does not build\n";
}


# the file of a body, by the name of its row

sub body {
	return "$dir/" . ($_[0] =~ s/,.*| //gr) . '.json';
}


# a request, head and body

sub post {
	my ($path, $body, @headers) = @_;

	return join "\r\n", "POST $path HTTP/1.1", 'Host: bench',
		'Authorization: Bearer bench-key', @headers,
		'Content-Type: application/json',
		'Content-Length: ' . length($body), '', $body;
}


# and the whole answer to it

sub exchange {
	my ($port, $request) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
		or die "$port: $!\n";
	my $in = '';

	print $s $request;

	until (whole($in)) {
		sysread $s, $in, 65536, length $in or die "$port: $in\n";
	}

	return $in;
}


# a window of load by peer.c, at both ends of a server: how many answers came.
# asks, says: files; pace: us between two events; rate: a second, 0 all it can

sub between {
	my ($server, $provider, %opt) = @_;

	my $out = output('taskset', '-c', '1', "$dir/peer", $server, $provider,
		@opt{qw/asks says clients seconds/}, $opt{pace} || 0,
		$opt{rate} || 0, @{ $opt{store} || [] });
	my ($answers, $served) = $out =~ /\A(\d+) of (\d+)$/
		or die $out || "peer: no answers\n";
	die "$answers answers, the provider gave $served\n"
		if $answers == 0 || $answers > $served;

	return $answers;
}


# what is measured must be answered; a store needs a moment to begin

sub ask {
	my ($url, $file) = @_;
	my $r;

	for (1 .. 100) {
		$r = HTTP::Tiny->new->post($url, {
			content => read_file($file),
			headers => { 'Content-Type' => 'application/json',
				Authorization => 'Bearer bench-key' } });
		return if $r->{status} == 200;
		sleep(0.1);
	}

	die "$url: $r->{status} $r->{content}\n";
}


# whether an answer is whole; dies when it is not 200

sub whole {
	return 0 unless $_[0] =~ m!\AHTTP/1.1 (\d+) .*?\r\n\r\n!s;

	die "$_[0]\n" if $1 != 200;

	return defined parts($_[0]);
}


# head and body of a message, or nothing while it is not whole

sub parts {
	my ($head, $body) = $_[0] =~ /\A(.*?\r\n)\r\n(.*)\z/s or return;

	if ($head !~ /^Transfer-Encoding: *chunked/mi) {
		my $length = $head =~ /^Content-Length: *(\d+)/mi ? $1 : 0;

		return length($body) >= $length ? ($head, $body) : ();
	}

	return unless $body =~ /^0\r\n\r\n\z/m;

	my $text = '';

	while ($body =~ s/\A([0-9a-f]+).*?\r\n//i && (my $n = hex $1)) {
		$text .= substr $body, 0, $n, '';
		$body =~ s/\A\r\n//;
	}

	return ($head, $text);
}


# what a program prints, errors too

sub output {
	my (@cmd) = @_;

	my $pid = open(my $f, '-|') // die "fork: $!\n";

	if ($pid == 0) {
		open STDERR, '>&', \*STDOUT;
		$| = 1;
		exec { $cmd[0] } @cmd or print "$cmd[0]: $!\n";
		POSIX::_exit(127);
	}

	local $/;
	my $out = <$f> // '';
	close $f;

	return $out;
}


# seconds a process and its threads ran, to the nanosecond where the kernel
# tells, to the tick where it does not

sub cpu {
	my ($pid) = @_;

	my $ns = 0;
	for my $file (glob("/proc/$pid/task/*/schedstat")) {
		$ns += (split ' ', read_file($file))[0];
	}
	return $ns / 1e9 if $ns;

	my @f = stat_of($pid);

	return ($f[11] + $f[12]) / $tick;
}


# a process, all below it and what ended there, to the tick

sub cpu_all {
	my ($pid) = @_;
	my $seconds = 0;

	my @f = stat_of($pid);
	$seconds += $_ / $tick for @f[11 .. 14];
	$seconds += cpu_all($_) for `pgrep -P $pid` =~ /\d+/g;

	return $seconds;
}


# /proc/PID/stat from its state on

sub stat_of {
	my $stat = read_file("/proc/$_[0]/stat");

	return split ' ', substr($stat, rindex($stat, ')') + 2);
}


sub median {
	my @s = sort { $a <=> $b } @_;

	return @s % 2 ? $s[$#s / 2] : ($s[@s / 2 - 1] + $s[@s / 2]) / 2;
}


# of values in order; 100 is the largest

sub percentile {
	my ($p, @s) = @_;

	return @s ? $s[int($#s * $p / 100 + 0.5)] : 0;
}


sub verdict {
	return $_[0] ? 'PASS' : 'over';
}


sub machine {
	my (@with) = @_;

	my ($cpu) = read_file('/proc/cpuinfo') =~ /model name\s*:\s*(.*)/;
	my ($load) = split ' ', read_file('/proc/loadavg');
	my ($version) = `$nginx -v 2>&1` =~ /version: (\S+)/;

	return join ', ', $version // 'nginx', @with,
		$cpu || 'unknown processor',
		(() = read_file('/proc/cpuinfo') =~ /^processor/mg) . ' cores',
		"load at the end $load";
}


sub redis_version {
	return 'Redis ' . (`redis-server --version` =~ /v=(\S+)/ ? $1 : '?');
}


sub read_file {
	my ($name) = @_;

	open my $f, '<', $name or die "$name: $!\n";
	local $/;

	return scalar <$f>;
}


sub write_file {
	my ($name, $text) = @_;

	open my $f, '>', $name or die "$name: $!\n";
	print $f $text;
	close $f or die "$name: $!\n";
}

###############################################################################

package Bench::Redis;

# as much of a client as a benchmark needs


sub new {
	my ($class, $port) = @_;

	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
		or die "redis: $!\n";
	binmode $s;
	$s->autoflush(1);

	return bless { sock => $s, port => $port }, $class;
}


sub ask {
	my ($self, @command) = @_;

	return ($self->pipeline(\@command))[0];
}


sub pipeline {
	my ($self, @commands) = @_;
	my $s = $self->{sock};

	print $s join '', map { command(@$_) } @commands;

	return map { $self->reply() } @commands;
}


sub command {
	return '*' . @_ . "\r\n" . join '', map {
		'$' . length($_) . "\r\n$_\r\n" } @_;
}


sub reply {
	my ($self) = @_;
	my $s = $self->{sock};
	local $/ = "\r\n";

	my $line = <$s> // die "redis: closed\n";
	chomp $line;
	my ($type, $rest) = $line =~ /^(.)(.*)/s;

	die "redis: $rest\n" if $type eq '-';
	return [ map { $self->reply() } 1 .. $rest ] if $type eq '*';
	return $rest if $type ne '$';
	return undef if $rest < 0;

	read $s, my $text, $rest + 2;

	return substr $text, 0, $rest;
}


# the words of a line of MONITOR, without its escapes

sub monitored {
	my ($line) = @_;
	my %c = (n => "\n", r => "\r", t => "\t", a => "\a", b => "\b");
	my @words = $line =~ /"((?:[^"\\]|\\.)*)"/g;

	s/\\(x([0-9a-f]{2})|.)/defined $2 ? chr hex $2 : $c{$1} \/\/ $1/ge
		for @words;

	return @words;
}


# a number of INFO

sub info {
	my ($self, $section, $name) = @_;

	return ($self->ask('INFO', $section) =~ /^\Q$name\E:(\S+)/m)[0];
}

###############################################################################

1;
