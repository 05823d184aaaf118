package Aicost::Test;

# The tests' library: an nginx with the module on free ports, a simulated
# provider, a client.  The words are those nginx people know.  Core Perl only.
#
# TEST_NGINX_BINARY   nginx to run                       (/usr/sbin/nginx)
# TEST_AICOST_MODULE  the module (objs/nginx/ngx_aicost_module.so)
# TEST_AICOST_BINARY  the command line                   (objs/aicost)
# TEST_NGINX_VERBOSE  print the error log at the end
# TEST_NGINX_LEAVE    leave the folder of the test

use warnings;
use strict;

use Cwd qw/abs_path/;
use Exporter qw/import/;
use Fcntl qw/:flock/;
use File::Basename qw/dirname/;
use File::Find ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use JSON::PP;
use POSIX qw/WNOHANG/;
use Socket qw/SOL_SOCKET SO_REUSEADDR/;
use Test::More ();
use Time::HiRes qw/time/;

use Aicost::Http;

our @EXPORT = (qw/port wait_for parallel metrics metric decode_json
	encode_json/, @Aicost::Http::EXPORT);

our $ROOT = abs_path(dirname(__FILE__) . '/../../..');
our $NGINX = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
our $MODULE = $ENV{TEST_AICOST_MODULE}
	|| "$ROOT/objs/nginx/ngx_aicost_module.so";
our $AICOST = $ENV{TEST_AICOST_BINARY} || "$ROOT/objs/aicost";

our $TIMEOUT = 15;

my $HIDDEN = 3;             # tests that plan() adds
my ($FIRST_PORT, $LAST_PORT) = (10000, 29999);

my (@live, %ports, %locks);

###############################################################################

# new(module => 0): without load_module

sub new {
	my ($class, %opt) = @_;

	my $self = bless {
		module => $opt{module} // 1,
		dir => File::Temp::tempdir('aicost-test-XXXXXXXX', TMPDIR => 1),
		pid => $$,
		daemons => [],
		secrets => [],
		written => {},
		expected => [],
		sims => {},
		template => "%%TEST_GLOBALS%%\nevents {}\n"
			. "http {\n%%TEST_GLOBALS_HTTP%%\n%%SNIPPET%%\n}\n",
	}, $class;

	# the workers write here, whoever they are
	chmod 0755, $self->{dir};

	unless (@live) {
		$SIG{$_} = sub { exit 1 } for qw/INT TERM HUP PIPE/;
	}

	push @live, $self;

	return $self;
}


# what the machine lacks skips the test, with the reason; what "make" builds
# must be there

sub has {
	my ($self, @features) = @_;

	for my $f (@features) {
		if ($f eq 'module' || $f eq 'sim' || $f eq 'cli') {
			my $file = $f eq 'module' ? $MODULE : $AICOST;
			die "$file is not there: run make first\n"
				unless -e $file;
			next;
		}

		next if $self->_has($f);

		$self->{skipped} = 1;
		Test::More::plan(skip_all => "no $f here");
	}

	return $self;
}


sub _has {
	my ($self, $f) = @_;

	return $> == 0 if $f eq 'root';
	return eval "require $f; 1" if $f =~ /::/;
	return $self->nginx_v() =~ /--with-\Q$f\E_module\b/
		if $f =~ /^(?:http|stream|mail)_/;
	return $self->nginx_v() =~ /--with-debug\b/ if $f eq 'debug';

	return scalar grep { -x "$_/$f" } split /:/, $ENV{PATH};
}


sub nginx_v {
	return $_[0]->{nginx_v} ||= `$NGINX -V 2>&1`;
}


# without a number: done_testing at the end

sub plan {
	my ($self, $n) = @_;

	if (defined $n) {
		Test::More::plan(tests => $n + $HIDDEN);
		$self->{planned} = 1;
	}

	$self->{started} = 1;

	return $self;
}


sub testdir {
	return $_[0]->{dir};
}

###############################################################################

sub write_file {
	my ($self, $name, $content) = @_;

	my $path = "$self->{dir}/$name";
	File::Path::make_path(dirname($path));

	open my $fh, '>', $path or die "cannot create $path: $!\n";
	binmode $fh;
	print $fh $content;
	close $fh or die "cannot write $path: $!\n";

	$self->{written}{$path} = 1;

	return $self;
}


# in one step, as an operator's tool does

sub replace_file {
	my ($self, $name, $content) = @_;

	$self->write_file("$name.new", $content);
	rename "$self->{dir}/$name.new", "$self->{dir}/$name"
		or die "cannot rename $name: $!\n";
	$self->{written}{"$self->{dir}/$name"} = 1;

	return $self;
}


sub write_file_expand {
	my ($self, $name, $content) = @_;

	return $self->write_file($name, $self->expand($content));
}


sub read_file {
	my ($self, $name) = @_;

	open my $fh, '<', "$self->{dir}/$name" or return undef;
	binmode $fh;
	local $/;
	return scalar <$fh>;
}


sub read_log {
	my ($self, $name) = @_;

	return $self->read_file($name // 'error.log') // '';
}


# %%PORT_8080%%, %%TESTDIR%%, %%TEST_GLOBALS%%, %%TEST_GLOBALS_HTTP%%

sub expand {
	my ($self, $text) = @_;

	$text =~ s/%%TEST_GLOBALS%%/$self->_globals()/ge;
	$text =~ s/%%TEST_GLOBALS_HTTP%%/$self->_globals_http()/ge;
	$text =~ s/%%TESTDIR%%/$self->{dir}/g;
	$text =~ s/%%PORT_(\d+)%%/port($1)/ge;
	$text =~ s/%%ROOT%%/$ROOT/g;

	return $text;
}


sub _globals {
	my ($self) = @_;
	my $log = $self->{log} // 'error.log';
	my $level = $ENV{TEST_NGINX_LEVEL} // 'info';

	my $s = '';
	$s .= "load_module $MODULE;\n" if $self->{module};
	$s .= "daemon off;\n";
	$s .= "user root;\n" if $> == 0;
	$s .= "pid $self->{dir}/nginx.pid;\n";
	$s .= "error_log $self->{dir}/$log $level;\n";

	return $s;
}


sub _globals_http {
	my ($self) = @_;

	my $s = "access_log $self->{dir}/access.log;\n";
	$s .= "client_body_temp_path $self->{dir}/body;\n";
	$s .= "${_}_temp_path $self->{dir}/$_;\n"
		for qw/proxy fastcgi uwsgi scgi/;

	return $s;
}

###############################################################################

# The port of this run that stands for a number.  Below the range the kernel
# takes for clients, held by a lock, so tests may run side by side.

sub port {
	my ($number) = @_;

	return $ports{$number} if $ports{$number};

	my $locks = File::Spec->tmpdir() . "/aicost-test-ports.$>";
	mkdir $locks, 0700;

	my $span = $LAST_PORT - $FIRST_PORT + 1;
	my $start = ($$ * 37 + 101 * keys %ports) % $span;

	for my $i (0 .. $span - 1) {
		my $p = $FIRST_PORT + ($start + $i) % $span;

		open my $fh, '>', "$locks/$p" or die "$locks/$p: $!\n";
		next unless flock $fh, LOCK_EX | LOCK_NB;

		my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
			LocalAddr => '127.0.0.1', LocalPort => $p,
			Proto => 'tcp') or next;
		close $s;

		$locks{$p} = $fh;
		return $ports{$number} = $p;
	}

	die "no free port\n";
}


# calls the sub until it is true; its value, or false when time is over

sub wait_for(&;$) {
	my ($sub, $timeout) = @_;
	my $end = time() + ($timeout // $TIMEOUT);

	while (1) {
		my $v = $sub->();
		return $v if $v;
		return $v if time() > $end;
		_pause();
	}
}


sub _pause {
	select undef, undef, undef, 0.01;
}


sub waitforsocket {
	my ($self, $port, $timeout) = @_;

	return wait_for {
		IO::Socket::INET->new(Proto => 'tcp',
			PeerAddr => "127.0.0.1:$port") ? 1 : 0;
	} $timeout;
}


sub waitforfile {
	my ($self, $name, $timeout) = @_;

	return wait_for { -e "$self->{dir}/$name" } $timeout;
}


# until the log has it

sub wait_log {
	my ($self, $re, $timeout, $name) = @_;

	return wait_for { $self->read_log($name) =~ $re } $timeout;
}

###############################################################################

# the nginx of this test, on nginx.conf

sub run {
	my ($self, $conf) = @_;

	$conf //= 'nginx.conf';

	my $pid = $self->_spawn('stderr.log', $NGINX, '-p', "$self->{dir}/",
		'-e', "$self->{dir}/error.log", '-c', "$self->{dir}/$conf");
	$self->{nginx} = $pid;

	my $up = wait_for {
		return -1 if waitpid($pid, WNOHANG) == $pid;
		-s "$self->{dir}/nginx.pid" && $self->workers();
	};

	if (!$up || $up eq '-1') {
		delete $self->{nginx} if $up;
		die "nginx did not start:\n" . $self->read_log('stderr.log')
			. $self->read_log();
	}

	http_default_port(port(8080));

	return $self;
}


# redirects the child's output to a file of the test

sub _spawn {
	my ($self, $log, @command) = @_;

	my $pid = fork() // die "fork: $!\n";
	return $pid if $pid;

	$SIG{$_} = 'DEFAULT' for qw/INT TERM HUP PIPE/;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', "$self->{dir}/$log";
	open STDERR, '>&', \*STDOUT;
	$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';

	# what is freed is not what it was, so that its use is seen
	$ENV{MALLOC_PERTURB_} //= 165 if $command[0] eq $NGINX;

	exec { $command[0] } @command or do {
		print STDERR "cannot run $command[0]: $!\n";
		POSIX::_exit(127);
	};
}


sub master {
	return $_[0]->{nginx};
}


# the workers that serve, oldest first

sub workers {
	my ($self) = @_;

	return () unless $self->{nginx};
	my @pids;

	for my $pid (_children($self->{nginx})) {
		open my $fh, '<', "/proc/$pid/cmdline" or next;
		my $title = <$fh> // next;
		push @pids, $pid if $title =~ /worker process(?! is)/;
	}

	@pids = sort { $a <=> $b } @pids;

	return @pids;
}


sub _children {
	my ($parent) = @_;
	my @pids;

	if (open my $fh, '<', "/proc/$parent/task/$parent/children") {
		return split ' ', <$fh> // '';
	}

	# a kernel without that file
	for my $stat (glob '/proc/[0-9]*/stat') {
		open my $fh, '<', $stat or next;
		my $line = <$fh> // next;
		push @pids, $1 if $line =~ /^(\d+) \(.*\) \S $parent /s;
	}

	return @pids;
}


# Returns when new workers serve and no old one takes a connection; false when
# nginx did not take the configuration.

sub reload {
	my ($self) = @_;

	my %old = map { $_ => 1 } $self->workers();
	my $from = length $self->read_log();

	kill 'HUP', $self->{nginx} or die "reload: no nginx\n";

	my $done = wait_for {
		my $log = substr $self->read_log(), $from;
		return -1 if $log =~ /\[emerg\]/;

		return 0 unless grep { !$old{$_} } $self->workers();

		for my $pid (keys %old) {
			return 0 if kill(0, $pid)
				&& $log !~ /\b$pid#\d+: gracefully shutting/;
		}

		return 1;
	};

	return ($done || 0) > 0;
}


# until the workers of before a reload are gone too

sub wait_old {
	my ($self, @old) = @_;

	return wait_for { !grep { kill 0, $_ } @old };
}


# graceful, then less so; whoever expects it to hang says how long

sub stop {
	my ($self, $signal) = @_;

	my $pid = delete $self->{nginx} or return $self;

	for my $s ($signal // 'QUIT', 'TERM', 'KILL') {
		kill $s, $pid;

		my $gone = wait_for { _gone($pid) } $s eq 'KILL' ? 5 : 8;
		return $self if $gone;

		Test::More::diag("nginx did not stop on $s");
	}

	return $self;
}


# of a process that may be no child: one that has become a daemon

sub _gone {
	my ($pid) = @_;

	my $waited = waitpid $pid, WNOHANG;
	return $waited == $pid if $waited >= 0;

	open my $fh, '<', "/proc/$pid/stat" or return 1;
	return (<$fh> // ') Z') =~ /\) Z/;
}


# Runs nginx as a daemon, which alone takes USR2; the pid of its master.

sub run_as_daemon {
	my ($self) = @_;

	$self->write_file('nginx.conf', $self->read_file('nginx.conf')
		=~ s/^daemon off;$/daemon on;/mr);

	my ($rc, undef, $err) = $self->command($NGINX, '-p', "$self->{dir}/",
		'-e', "$self->{dir}/error.log", '-c', "$self->{dir}/nginx.conf");
	die "nginx did not start:\n$err" if $rc;

	wait_for { -s "$self->{dir}/nginx.pid" };
	($self->{nginx}) = $self->read_file('nginx.pid') =~ /^(\d+)/;
	wait_for { $self->workers() };
	http_default_port(port(8080));

	return $self->{nginx};
}


# run_daemon(sub, arguments) or run_daemon('command', arguments)

sub run_daemon {
	my ($self, $what, @args) = @_;
	my $pid;

	if (ref $what eq 'CODE') {
		$pid = fork() // die "fork: $!\n";

		unless ($pid) {
			$SIG{$_} = 'DEFAULT' for qw/INT TERM HUP PIPE/;
			eval { $what->(@args) };
			print STDERR $@ if $@;
			POSIX::_exit($@ ? 1 : 0);
		}

	} else {
		$pid = $self->_spawn('daemon-' . @{ $self->{daemons} }
			. '.log', $what, @args);
	}

	push @{ $self->{daemons} }, $pid;

	return $pid;
}


sub stop_daemon {
	my ($self, $pid) = @_;

	@{ $self->{daemons} } = grep { $_ != $pid } @{ $self->{daemons} };

	for my $s (qw/TERM KILL/) {
		kill $s, $pid;
		last if wait_for { waitpid($pid, WNOHANG) != 0 } 5;
	}

	return $self;
}

###############################################################################

# The configuration with a hole: conf_error($snippet) puts it into http {};
# a text with its own http {} stands for the whole.  What nginx -t says (in
# list context: and its exit code).

sub conf_template {
	my ($self, $text) = @_;

	$self->{template} = $text;
	return $self;
}


sub conf_error {
	my ($self, $snippet) = @_;

	my $conf = $snippet =~ /^\s*http\s*\{/m ? $snippet
		: $self->{template} =~ s/%%SNIPPET%%/$snippet/r;

	# not the log of the run: here [emerg] is what is wanted
	local $self->{log} = 'conf-test.log';
	$self->write_file_expand('conf-test.conf', $conf);

	my ($rc, $out, $err) = $self->command($NGINX, '-t',
		'-p', "$self->{dir}/", '-e', "$self->{dir}/conf-test.log",
		'-c', "$self->{dir}/conf-test.conf");

	return wantarray ? ($err, $rc) : $err;
}


# the file of the test that the next command reads

sub stdin {
	my ($self, $name) = @_;

	$self->{stdin} = "$self->{dir}/$name";
	return $self;
}


# (exit code, standard output, standard error)

sub command {
	my ($self, @command) = @_;
	my $n = $self->{commands}++;
	my $stdin = delete $self->{stdin} // '/dev/null';

	my $pid = fork() // die "fork: $!\n";

	unless ($pid) {
		open STDIN, '<', $stdin;
		open STDOUT, '>', "$self->{dir}/command-$n.out";
		open STDERR, '>', "$self->{dir}/command-$n.err";
		exec { $command[0] } @command or POSIX::_exit(127);
	}

	waitpid $pid, 0;
	my $rc = $? & 127 ? 128 + ($? & 127) : $? >> 8;

	my @said = map { $self->read_file("command-$n.$_") } qw/out err/;

	# what it prints it may print; the rest of what it leaves is searched
	unlink "$self->{dir}/command-$n.out";

	return ($rc, @said);
}


# the command line: aicost('estimate', 'request.json')

sub aicost {
	my ($self, @args) = @_;

	return $self->command($AICOST, @args);
}

###############################################################################

# n clients at once: the values of the subs, in order; a sub that dies makes
# the test die

sub parallel {
	my ($n, $sub) = @_;
	my (@readers, @pids, @values);

	pipe my $start, my $go or die "pipe: $!\n";

	for my $i (0 .. $n - 1) {
		pipe my $r, my $w or die "pipe: $!\n";
		my $pid = fork() // die "fork: $!\n";

		unless ($pid) {
			$SIG{$_} = 'DEFAULT' for qw/INT TERM HUP PIPE/;
			close $go;
			sysread $start, my $byte, 1;    # until all are there

			my $v = eval { [1, $sub->($i)] } || [0, "$@"];
			print $w JSON::PP->new->allow_nonref->allow_blessed
				->convert_blessed->encode($v);
			close $w;
			POSIX::_exit(0);
		}

		close $w;
		push @readers, $r;
		push @pids, $pid;
	}

	close $go;
	close $start;

	for my $i (0 .. $n - 1) {
		local $/;
		my $text = readline $readers[$i];
		waitpid $pids[$i], 0;

		my $v = eval { JSON::PP->new->decode($text // '') }
			|| [0, "client $i ended without an answer\n"];
		push @values, $v;
	}

	for my $v (@values) {
		die "parallel: $v->[1]" unless $v->[0];
	}

	return map { $_->[1] } @values;
}

###############################################################################

# console($port, 'GET', '/api/status', $token, $json): the response

sub console {
	my ($self, $port, $method, $path, $token, $json) = @_;

	return http_request($method, $path, $json, -port => $port,
		defined $token ? (Authorization => "Bearer $token") : ());
}


# the Prometheus text as { name => { labels => value } }, labels as sorted
# "a=1,b=2"

sub metrics {
	my ($text) = @_;
	my %m;

	for (split /\n/, $text) {
		next unless /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})?\s+(\S+)$/i;
		my ($name, $labels, $value) = ($1, $2 // '', $3);
		my %l;

		$l{$1} = $2 while $labels =~ /(\w+)="((?:[^"\\]|\\.)*)"/g;
		$m{$name}{join ',', map { "$_=$l{$_}" } sort keys %l} = $value;
	}

	return \%m;
}


# the sum of a metric over all series that have these labels; undef: none has

sub metric {
	my ($m, $name, %want) = @_;
	my $sum;

	SERIES: for my $labels (keys %{ $m->{$name} || {} }) {
		my $l = ",$labels,";

		for (keys %want) {
			next SERIES if index($l, ",$_=$want{$_},") < 0;
		}

		$sum = ($sum // 0) + $m->{$name}{$labels};
	}

	return $sum;
}

###############################################################################

# a string that must never stand in any file the run leaves behind

sub secret {
	my ($self, @strings) = @_;

	push @{ $self->{secrets} }, @strings;
	return $strings[0];
}


# an [alert], [crit] or [emerg] that the test provokes

sub expect_log {
	my ($self, $re) = @_;

	push @{ $self->{expected} }, $re;
	return $self;
}


sub _alerts {
	my ($self) = @_;

	my @lines = grep { /\[(?:alert|emerg|crit)\]/ }
		split /\n/, $self->read_log();

	for my $re (@{ $self->{expected} }) {
		@lines = grep { $_ !~ $re } @lines;
	}

	return join "\n", @lines;
}


# the files the run made itself; the simulated provider's are a provider's

sub _left {
	my ($self) = @_;
	my @files;

	File::Find::find({ no_chdir => 1, wanted => sub {
		push @files, $_ if -f && !$self->{written}{$_}
			&& index($_, "$self->{dir}/sim/") != 0;
	} }, $self->{dir});

	return sort @files;
}


sub _sanitizers {
	my ($self) = @_;
	my $found = '';

	for my $file (grep { /\.(?:log|err)$/ } $self->_left()) {
		open my $fh, '<', $file or next;

		while (<$fh>) {
			$found .= $_ if /Sanitizer|runtime error:/;
		}
	}

	return $found;
}


sub _leaks {
	my ($self) = @_;
	my $found = '';

	return '' unless @{ $self->{secrets} };

	for my $file ($self->_left()) {
		open my $fh, '<', $file or next;
		binmode $fh;
		local $/;
		my $text = <$fh> // '';

		for my $s (@{ $self->{secrets} }) {
			$found .= "$file has \"$s\"\n" if index($text, $s) >= 0;
		}
	}

	return $found;
}


# ends what the test started and runs the hidden tests; at the end of the
# program by itself

sub finish {
	my ($self) = @_;

	return if $self->{finished}++ || $self->{pid} != $$;

	eval { $self->stop() };
	Test::More::diag($@) if $@;
	$self->stop_daemon($_) for @{ [ @{ $self->{daemons} } ] };

	if ($self->{started} && !$self->{skipped} && !$self->{died}) {
		Test::More::is($self->_alerts(), '', 'no alerts');
		Test::More::is($self->_sanitizers(), '',
			'no sanitizer reports');
		Test::More::is($self->_leaks(), '', 'no secrets left behind');
		Test::More::done_testing() unless $self->{planned};
	}

	if ($ENV{TEST_NGINX_VERBOSE} && !$self->{skipped}) {
		Test::More::diag("$self->{dir}/error.log:\n"
			. $self->read_log());
	}

	if ($ENV{TEST_NGINX_LEAVE}) {
		Test::More::diag("left $self->{dir}");

	} else {
		File::Path::remove_tree($self->{dir});
	}
}


END {
	my $code = $?;

	for my $self (@live) {
		# a test that died is reported as that, not as its leftovers
		$self->{died} = 1 if $code;
		$self->finish();
	}

	$? = $code;
}

###############################################################################

require Aicost::Sim;

1;
