#!/usr/bin/perl

# Tests for a body that comes in pieces, with its head, behind it, with the next
# request behind it, or not to its end: one piece of memory, and the bytes of
# the client.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

plan(skip_all => 'no /proc/net/tcp') unless -r '/proc/net/tcp';

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

# nginx 1.31.5 can read a body before it looks for a location

my $early = $t->conf_error('client_body_early_read 1;')
	!~ /unknown directive/ && 'server { listen 127.0.0.1:' . port(8081)
	. '; client_body_early_read 1; client_max_body_size 2m;'
	. ' location /v1/ { aicost_pass premium; } }';

$t->gateway(sim => { tokens => 5, keep => 64 }, http => $early || '',
	server => <<'CONF')->run();

        location /hasty/ {
            client_body_timeout 1s;
            aicost_pass premium;
        }

        location /small/ {
            client_body_buffer_size 8k;
            aicost_pass premium;
        }

        location /file/ {
            client_body_in_file_only clean;
            aicost_pass premium;
        }
CONF

my $sim = $t->{sim_port};
my @old;
wait_for { (@old = $t->workers()) == 2 };

# sizes around nginx's buffers, cut at places around them

for my $size (50, 900, 1100, 5_000, 50_000, 900_000) {
	for my $cut (1, 300, 1000, 4000) {
		my $raw = chat_raw(content => words($size));
		my $head = index($raw, "\r\n\r\n") + 4;

		next if $head + $cut > length $raw;

		my $s = begin(substr($raw, 0, $head + $cut))->keep();
		my $rest = substr $raw, $head + $cut;

		pieces($s, $rest, 3);
		is(code($s->finish()), '200 ', "$size bytes, cut at $cut");
		my $sum = sum();
		is($sum, by_file($raw), 'are those of the client');

		is(code($s->next(chat_raw(content => 'and another'))), '200 ',
			'another on the connection');
		is(content(), 'and another', 'is read as well');
		$s->close();
	}
}

# sizes around the one up to which a body goes on in one piece with its head

is(code(chat(content => 'x')), '200 ', 'a short one');
my $least = sent_bytes() - 1;

for my $size (4095 .. 4097) {
	is(code(chat(content => 'x' x ($size - $least))), '200 ',
		"$size bytes");
	is(sent_bytes(), $size, 'are so many');
	is(content(), 'x' x ($size - $least), 'and those of the client');
}

# the head alone

my $raw = chat_raw(content => words(5000));
my $head = index($raw, "\r\n\r\n") + 4;
my $s = begin(substr $raw, 0, $head);
pieces($s, substr($raw, $head), 2);
is(code($s->finish()), '200 ', 'the head alone, then the body');
is(content(), words(5000), 'of the client');

# the next request follows at once

for my $size (100, 1500, 5000, 50_000) {
	$raw = chat_raw(content => words($size))
		. chat_raw(content => "next to $size");

	my $before = seen();
	$s = begin($raw)->keep();
	ok(wait_for(sub { () = $s->read_until(qr/"usage".*"usage"/s, 1);
		seen() >= $before + 2 }), "$size bytes and the next request");
	is_deeply([ map { decode_json($_->{body})->{messages}[0]{content} }
		($t->sim_log($sim))[-2, -1] ],
		[ words($size), "next to $size" ], 'both are whole');
	is(scalar(() = $s->bytes() =~ m!HTTP/1\.1 200!g), 2, 'both are answered');
	$s->close();
}

# over the buffer, and always in a file

for my $uri (qw!/small/v1/chat/completions /file/v1/chat/completions!) {
	for my $size (1000, 5000, 50_000) {
		$raw = chat_raw(uri => $uri, content => words($size));
		$s = begin(substr $raw, 0, 400);
		pieces($s, substr($raw, 400), 2);
		is(code($s->finish()), '200 ', "$uri: $size bytes");
		is(content(), words($size), 'of the client');
	}
}

SKIP: {
	skip 'this nginx has no client_body_early_read', 1 unless $early;

	for my $size (100, 5000, 50_000, 900_000) {
		$raw = chat_raw(content => words($size));
		$head = index($raw, "\r\n\r\n") + 4;

		for my $cut ($head, $head + 40) {
			$s = begin(substr($raw, 0, $cut), -port => port(8081))
				->keep();
			pieces($s, substr($raw, $cut), 2);
			is(code($s->finish()), '200 ', "early: $size bytes");
			is(sum(), by_file($raw), 'are those of the client');
			is(code($s->next(chat_raw(content => 'then'))), '200 ',
				'another on the connection');
			is(content(), 'then', 'is read as well');
			$s->close();
		}
	}
}

# not to the end

my $before = seen();
$raw = chat_raw(content => words(5000), uri => '/hasty/v1/chat/completions');

$s = begin(substr $raw, 0, 2000);
is($s->finish()->raw(), '', 'a client that says no more is hung up on');

$s = begin(substr $raw, 0, 2000);
$s->abort();
is(code(chat(content => 'last')), '200 ', 'one that goes');
is(content(), 'last', 'leaves nothing behind');
is(seen(), $before + 1, 'and reaches no provider');
is_deeply([ sort $t->workers() ], [ sort @old ], 'all by the same workers');

###############################################################################

sub words {
	my ($size) = @_;

	return substr 'word number ' . join(' ', 1 .. $size / 4), 0, $size;
}


sub begin {
	my ($bytes, @more) = @_;

	my $s = http_begin($bytes, -timeout => 15, @more);
	taken($s);

	return $s;
}


# each piece when nginx has read the one before

sub pieces {
	my ($s, $rest, $n) = @_;
	my $len = int(length($rest) / $n) + 1;

	while (length $rest) {
		$s->write(substr $rest, 0, $len, '');
		taken($s);
	}
}


# whether the socket's other end has nothing unread

sub taken {
	my ($s) = @_;
	my ($own, $port) = ($s->socket()->sockport(), $s->socket()->peerport());
	my $ends = sprintf ':%04X [0-9A-F]+:%04X', $port, $own;

	wait_for {
		my $table = slurp('/proc/net/tcp');
		$table !~ /$ends .. [0-9A-F]+:([0-9A-F]+)/ || !hex $1;
	};
}


sub slurp {
	open my $fh, '<', $_[0] or die "$_[0]: $!\n";
	local $/;

	return scalar <$fh>;
}


sub seen {
	return $t->sim_state($sim)->{requests};
}


sub sent_bytes {
	my ($last) = reverse $t->sim_log($sim);

	return $last->{headers}{'content-length'};
}


# of the bytes that the provider had, and of those it has by way of a file

sub sum {
	my ($last) = reverse $t->sim_log($sim);

	return $last->{body_sha256};
}


sub by_file {
	my ($raw) = @_;

	$raw =~ s!POST /v1/!POST /file/v1/!;
	http_begin($raw)->finish();

	return sum();
}


sub content {
	my ($last) = reverse $t->sim_log($sim);

	return decode_json($last->{body})->{messages}[0]{content};
}

###############################################################################
