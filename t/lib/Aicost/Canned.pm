package Aicost::Canned;

# A provider that says what a test wrote down: the next answer, byte by byte,
# and the request that it got.

use warnings;
use strict;

use Exporter qw/import/;
use IO::Socket::INET;

use Aicost::Test;

our @EXPORT = qw/canned canned_says canned_event canned_frame canned_got/;

my $dir;

###############################################################################

# starts it; before run()

sub canned {
	my ($t, $number) = @_;

	$dir = $t->testdir();
	$t->run_daemon(\&_serve, port($number));
	$t->waitforsocket(port($number));

	return port($number);
}


# canned_says(404, '{"error":{}}', 'text/html')

sub canned_says {
	my ($status, $body, $type) = @_;

	$type //= 'application/json';

	_write('canned', "HTTP/1.1 $status Said\r\nContent-Type: $type\r\n"
		. 'Content-Length: ' . length($body)
		. "\r\nConnection: close\r\n\r\n$body");
}


# an event of a stream, as its shape frames it

sub canned_event {
	my ($shape, $name, $json) = @_;

	return canned_frame(':message-type' => 'event', ':event-type' => $name,
		':content-type' => 'application/json', '' => $json)
		if $shape eq 'bedrock';

	return "$json\n" if $shape eq 'ollama';

	return (length $name ? "event: $name\n" : '') . "data: $json\n\n";
}


# an AWS frame: headers, and under '' the payload

sub canned_frame {
	my @headers = @_;
	my ($headers, $payload) = ('', '');

	while (my ($name, $value) = splice @headers, 0, 2) {
		$payload = $value, next if $name eq '';
		$headers .= pack('C/a* C n/a*', $name, 7, $value);
	}

	my $f = pack('N N', length($headers) + length($payload) + 16,
		length $headers);
	$f .= pack 'N', _crc($f);
	$f .= $headers . $payload;

	return $f . pack 'N', _crc($f);
}


# the head and body of the last request

sub canned_got {
	open my $f, '<:raw', "$dir/canned_got" or return ('', '');
	local $/;

	return split /\r\n\r\n/, <$f>, 2;
}


sub _crc {
	my $sum = 0xffffffff;

	for (unpack 'C*', $_[0]) {
		$sum ^= $_;
		$sum = $sum & 1 ? $sum >> 1 ^ 0xedb88320 : $sum >> 1
			for 1 .. 8;
	}

	return $sum ^ 0xffffffff;
}


sub _write {
	my ($name, $bytes) = @_;

	open my $f, '>:raw', "$dir/$name.new" or die "$dir/$name: $!\n";
	print $f $bytes;
	close $f or die "$dir/$name: $!\n";
	rename "$dir/$name.new", "$dir/$name" or die "$dir/$name: $!\n";
}


sub _serve {
	my ($port) = @_;

	my $server = IO::Socket::INET->new(Proto => 'tcp', Listen => 5,
		LocalAddr => "127.0.0.1:$port", ReuseAddr => 1) or die;

	# a gateway that has had enough hangs up
	local $SIG{PIPE} = 'IGNORE';

	while (my $c = $server->accept()) {
		my ($head, $body) = ('', '');

		while (<$c>) {
			$head .= $_;
			last if /^\r?\n$/;
		}

		my ($len) = $head =~ /^content-length: (\d+)/im or next;
		read $c, $body, $len;

		# keys are not kept
		$head =~ s/key-of-the-provider/(key)/;
		_write('canned_got', $head . $body);

		if (open my $f, '<:raw', "$dir/canned") {
			local $/;
			print $c scalar <$f>;
		}

		close $c;
	}
}

1;
