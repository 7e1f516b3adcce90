package main

import "context"

// memory loads a tenth and the whole of many products, each with a worker of
// its own, and compares the workers' peaks.
func (b *board) memory(ctx context.Context) error {
	var peaks []float64
	var rates []float64
	for _, products := range []int{b.opts.most / 10, b.opts.most} {
		b.say("rendering %d products", products)
		shop, err := startSource(ctx, products)
		if err != nil {
			return err
		}
		w, m, err := b.engineRound(ctx, shop)
		if err != nil {
			return err
		}
		w.close()
		if err := b.drop(ctx, w.database); err != nil {
			return err
		}
		if err := shop.stop(); err != nil {
			return err
		}
		peaks, rates = append(peaks, m.peakMB), append(rates, m.perSecond)
		b.say("%d products: peak %.0f MB, %.0f/s", products, m.peakMB, m.perSecond)
	}
	return b.line("memory", map[string]any{
		"records": []int{b.opts.most / 10, b.opts.most}, "peak_rss_mb": round(peaks[1], 0), "peak_rss_mb_tenth": round(peaks[0], 0),
		"growth": round(peaks[1]/peaks[0]-1, 3), "records_per_second": []float64{round(rates[0], 0), round(rates[1], 0)}, "goal_mb": 150, "goal_growth": 0.1,
	})
}
