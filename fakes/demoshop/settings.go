package demoshop

import "net/http"

// getSystemStatus tells the version; the rest is what a small shop has.
func (s *Shop) getSystemStatus(c *call) answer {
	b := []byte(`{"environment":{"home_url":"`)
	b = append(b, s.site...)
	b = append(b, `","site_url":"`...)
	b = append(b, s.site...)
	b = append(b, `","version":`...)
	b = appendString(b, s.cfg.Version)
	b = append(b, `,"log_directory":"\/srv\/shop\/wc-logs\/","log_directory_writable":true,"wp_version":"7.0.4","wp_multisite":false,"wp_memory_limit":268435456,"wp_debug_mode":false,"wp_cron":true,"language":"en_US","server_info":"nginx","php_version":"8.3.6"},"database":{"wc_database_version":`...)
	b = appendString(b, s.cfg.Version)
	b = append(b, `,"database_prefix":"wp_"},"active_plugins":[],"inactive_plugins":[],"theme":{"name":"Storefront","version":"4.6.0"},"settings":{"api_enabled":false,"force_ssl":false,"currency":"`...)
	b = append(b, s.cfg.Currency...)
	b = append(b, `","currency_symbol":"&euro;","currency_position":"left","thousand_separator":".","decimal_separator":",","number_of_decimals":2},"security":{"secure_connection":true,"hide_errors":true},"pages":[],"post_type_counts":[]}`...)
	return s.one(c, b)
}

func (s *Shop) getPricesIncludeTax(c *call) answer {
	value := "no"
	if s.cfg.PricesIncludeTax {
		value = "yes"
	}
	b := []byte(`{"id":"woocommerce_prices_include_tax","label":"Prices entered with tax","description":"","type":"radio","default":"no","options":{"yes":"Yes, I will enter prices inclusive of tax","no":"No, I will enter prices exclusive of tax"},"tip":"This option is important as it will affect how you input prices. Changing it will not update existing products.","value":"`)
	b = append(b, value...)
	b = append(b, `","group_id":"tax","_links":{"self":[{"href":"`...)
	b = s.appendHref(b, `settings\/tax\/woocommerce_prices_include_tax`)
	b = append(b, `"}],"collection":[{"href":"`...)
	b = s.appendHref(b, `settings\/tax`)
	b = append(b, `"}]}}`...)
	a := s.one(c, b)
	a.status = http.StatusOK
	return a
}
