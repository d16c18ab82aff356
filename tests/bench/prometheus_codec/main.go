// Bytes and time a sample of Prometheus's chunks: prometheus-codec FILE SERIES SAMPLES. The file is codec-cost's.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

const (
	samplesAChunk = 120 // as its head cuts them
	rounds        = 5
	stepMs        = 30_000
	beginMs       = 1_700_000_000_000
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	file, err := os.Open(os.Args[1])
	check(err)
	series, err := strconv.Atoi(os.Args[2])
	check(err)
	samples, err := strconv.Atoi(os.Args[3])
	check(err)
	in := bufio.NewReader(file)
	for {
		name, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		check(err)
		raw := make([]byte, series*samples*8)
		_, err = io.ReadFull(in, raw)
		check(err)
		values := make([]float64, series*samples)
		for i := range values {
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[i*8:]))
		}

		var chunks []chunkenc.Chunk
		begin := time.Now()
		for i := 0; i < series; i++ {
			var appender chunkenc.Appender
			for k := 0; k < samples; k++ {
				if k%samplesAChunk == 0 {
					chunk := chunkenc.NewXORChunk()
					appender, err = chunk.Appender()
					check(err)
					chunks = append(chunks, chunk)
				}
				appender.Append(int64(beginMs+k*stepMs), values[i*samples+k])
			}
		}
		encode := time.Since(begin)

		bytes := 0
		for _, chunk := range chunks {
			bytes += len(chunk.Bytes())
		}
		sum := 0.0
		var iterator chunkenc.Iterator
		begin = time.Now()
		for round := 0; round < rounds; round++ {
			for _, chunk := range chunks {
				iterator = chunk.Iterator(iterator)
				for iterator.Next() != chunkenc.ValNone {
					_, value := iterator.At()
					sum += value
				}
			}
		}
		decode := time.Since(begin)
		total := float64(len(values))
		fmt.Printf("%-28s %8.3f %12.1f %12.2f\n", strings.TrimSpace(name), float64(bytes)/total,
			float64(encode.Nanoseconds())/total, float64(decode.Nanoseconds())/total/rounds)
		if math.IsNaN(sum) {
			fmt.Println()
		}
	}
}
