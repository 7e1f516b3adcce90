package exact

// The entities of orders, invoices, receipts and deliveries.
var (
	salesOrders = newEntity(entity{name: "SalesOrders", service: "salesorder", deleted: 32, topic: "SalesOrders", children: []relation{{"SalesOrderLines", "SalesOrderLines"}}},
		"OrderID:g AmountDC:n AmountDiscount:n AmountDiscountExclVat:n AmountFC:n AmountFCExclVat:n ApprovalStatus:i Currency:t DeliverTo:g DeliveryDate:d DeliveryStatus:i DeliveryStatusDescription:t Description:t InvoiceStatus:i OrderDate:d OrderedBy:g OrderedByName:t OrderNumber:i Remarks:t SalesChannelCode:t Status:i StatusDescription:t WarehouseCode:t WarehouseDescription:t WarehouseID:g YourRef:t"+audit)

	salesOrderLines = newEntity(entity{name: "SalesOrderLines", service: "salesorder", deleted: 33, parent: "SalesOrders", by: "OrderID"},
		"ID:g AmountDC:n AmountFC:n CostCenter:t CostCenterDescription:t DeliveryDate:d DeliveryStatus:i Description:t Discount:n Item:g ItemCode:t ItemDescription:t LineNumber:i NetPrice:n OrderID:g OrderNumber:i Quantity:n QuantityDelivered:n QuantityInvoiced:n Status:i UnitCode:t UnitPrice:n UseDropShipment:i VATAmount:n VATCode:t VATPercentage:n"+audit)

	goodsDeliveries = newEntity(entity{name: "GoodsDeliveries", service: "salesorder", deleted: 16, topic: "GoodsDeliveries", children: []relation{{"GoodsDeliveryLines", "GoodsDeliveryLines"}}},
		"EntryID:g DeliveryDate:d DeliveryNumber:i Description:t EntryNumber:i Remarks:t ShippingMethodCode:t ShippingMethodDescription:t TrackingNumber:t Warehouse:g WarehouseCode:t"+audit)

	goodsDeliveryLines = newEntity(entity{name: "GoodsDeliveryLines", service: "salesorder", deleted: 17, parent: "GoodsDeliveries", by: "EntryID"},
		"ID:g DeliveryDate:d EntryID:g Item:g ItemCode:t LineNumber:i QuantityDelivered:n QuantityOrdered:n SalesOrderLineID:g SalesOrderLineNumber:i SalesOrderNumber:i StorageLocation:g TrackingNumber:t Unitcode:t"+audit)

	salesInvoices = newEntity(entity{name: "SalesInvoices", service: "salesinvoice", deleted: 13, topic: "SalesInvoices", children: []relation{{"SalesInvoiceLines", "SalesInvoiceLines"}}},
		"InvoiceID:g AmountDC:n AmountFC:n AmountFCExclVat:n Currency:t Description:t InvoiceDate:d InvoiceNumber:i InvoiceTo:g Journal:t OrderDate:d OrderedBy:g OrderedByName:t OrderNumber:i Status:i StatusDescription:t Type:i TypeDescription:t VATAmountDC:n Warehouse:g YourRef:t"+audit)

	salesInvoiceLines = newEntity(entity{name: "SalesInvoiceLines", service: "salesinvoice", parent: "SalesInvoices", by: "InvoiceID"},
		"ID:g AmountDC:n AmountFC:n CostCenter:t Description:t Division:i InvoiceID:g Item:g ItemCode:t ItemDescription:t LineNumber:i NetPrice:n Quantity:n SalesOrder:g SalesOrderLine:g SalesOrderLineNumber:i SalesOrderNumber:i UnitCode:t UnitPrice:n VATAmountDC:n VATCode:t VATPercentage:n")

	purchaseOrders = newEntity(entity{name: "PurchaseOrders", service: "purchaseorder", topic: "PurchaseOrders", writable: true, mandatory: []string{"Supplier", "PurchaseOrderLines"}, children: []relation{{"PurchaseOrderLines", "PurchaseOrderLines"}}},
		"PurchaseOrderID:g AmountDC:n AmountFC:n Currency:t Description:t DropShipment:b ExchangeRate:n InvoiceStatus:i OrderDate:d OrderNumber:i OrderStatus:i PurchaseAgent:g PurchaseOrderLineCount:i ReceiptDate:d ReceiptStatus:i Remarks:t Source:i Supplier:g SupplierCode:t SupplierName:t VATAmount:n Warehouse:g WarehouseCode:t WarehouseDescription:t YourRef:t"+audit)

	purchaseOrderLines = newEntity(entity{name: "PurchaseOrderLines", service: "purchaseorder", deleted: 22, parent: "PurchaseOrders", by: "PurchaseOrderID", topicKey: "PurchaseOrderID", writable: true, mandatory: []string{"PurchaseOrderID", "Item"}},
		"ID:g AmountDC:n AmountFC:n Description:t Discount:n InvoicedQuantity:n Item:g ItemBarcode:t ItemCode:t ItemDescription:t ItemDivisable:b LineNumber:i NetPrice:n Notes:t PurchaseOrderID:g Quantity:n QuantityInPurchaseUnits:n ReceiptDate:d ReceivedQuantity:n SupplierItemCode:t Unit:t UnitDescription:t UnitPrice:n VATAmount:n VATCode:t VATPercentage:n"+audit)

	goodsReceipts = newEntity(entity{name: "GoodsReceipts", service: "purchaseorder", module: moduleTrade, children: []relation{{"GoodsReceiptLines", "GoodsReceiptLines"}}},
		"ID:g Description:t EntryNumber:i GoodsReceiptLineCount:i ReceiptDate:d ReceiptNumber:i Remarks:t Supplier:g SupplierCode:t SupplierName:t Warehouse:g WarehouseCode:t YourRef:t"+audit)

	// The ID of a goods receipt line repeats when the goods were split over
	// storage locations.
	goodsReceiptLines = newEntity(entity{name: "GoodsReceiptLines", service: "purchaseorder", module: moduleTrade, key: []string{"ID", "Location"}, parent: "GoodsReceipts", by: "GoodsReceiptID"},
		"ID:g Description:t GoodsReceiptID:g Item:g ItemCode:t ItemDescription:t ItemUnitCode:t LineNumber:i Location:g LocationCode:t Notes:t PurchaseOrderID:g PurchaseOrderLineID:g PurchaseOrderNumber:i QuantityOrdered:n QuantityReceived:n SupplierItemCode:t"+audit)

	purchaseReturns = newEntity(entity{name: "PurchaseReturns", service: "purchaseorder", module: moduleTrade, children: []relation{{"PurchaseReturnLines", "PurchaseReturnLines"}}},
		"ID:g Description:t Remarks:t ReturnDate:d ReturnNumber:i Status:i Supplier:g TrackingNumber:t Warehouse:g WarehouseCode:t YourRef:t"+audit)

	purchaseReturnLines = newEntity(entity{name: "PurchaseReturnLines", service: "purchaseorder", module: moduleTrade, parent: "PurchaseReturns", by: "EntryID"},
		"ID:g CreateCredit:b EntryID:g GoodsReceiptLineID:g Item:g ItemCode:t ItemDescription:t LineNumber:i Notes:t PurchaseOrderLineID:g PurchaseOrderNumber:i ReceiptNumber:i ReceivedQuantity:n ReturnQuantity:n SupplierItemCode:t UnitCode:t"+audit)

	deleted = newEntity(entity{name: "Deleted", service: "sync", module: rightDeleted},
		"ID:g DeletedBy:g DeletedDate:d Division:i EntityKey:g EntityType:i")

	subscriptions = newEntity(entity{name: "WebhookSubscriptions", service: "webhooks", writable: true, mandatory: []string{"CallbackURL", "Topic"}},
		"ID:g CallbackURL:t ClientID:g Created:d Creator:g CreatorFullName:t Description:t Division:i Topic:t UserID:g")

	administrations = newEntity(entity{name: "Divisions", service: "system", key: []string{"Code"}},
		"Code:i Country:t Currency:t CustomerName:t Description:t HID:i Main:b Status:i")
)

// entities are those that every administration has a table of.
var entities = []*entity{
	accounts, items, salesItemPrices, purchaseItemPrices, priceListPeriods, priceListDiscounts, supplierItems, warehouses,
	stockPositions, itemWarehouses, bomVersions, bomMaterials, assemblyHeaders, assemblyMaterials, assemblyOrders, shopOrders,
	warehouseTransfers, warehouseTransferLines, salesOrders, salesOrderLines, goodsDeliveries, goodsDeliveryLines,
	salesInvoices, salesInvoiceLines, purchaseOrders, purchaseOrderLines, goodsReceipts, goodsReceiptLines,
	purchaseReturns, purchaseReturnLines, deleted, subscriptions, administrations,
}

// endpoints are the addresses of an administration.
var endpoints = makeEndpoints()

func makeEndpoints() map[string]*endpoint {
	all := map[string]*endpoint{}
	add := func(e endpoint) { all[e.path] = &e }
	twins := map[*entity]endpoint{
		accounts:           {path: "sync/CRM/Accounts"},
		items:              {path: "sync/Logistics/Items", lacks: []string{"StandardSalesPrice"}},
		salesItemPrices:    {path: "sync/Logistics/SalesItemPrices"},
		purchaseItemPrices: {path: "sync/Logistics/PurchaseItemPrices"},
		priceListDiscounts: {path: "sync/Sales/SalesPriceListVolumeDiscounts"},
		supplierItems:      {path: "sync/Logistics/SupplierItem"},
		itemWarehouses:     {path: "sync/Inventory/ItemWarehouses"},
		bomVersions:        {path: "sync/Manufacturing/BillOfMaterialVersions"},
		bomMaterials:       {path: "sync/Manufacturing/BillOfMaterialMaterials"},
		salesOrders:        {path: "sync/SalesOrder/SalesOrderHeaders"},
		salesOrderLines:    {path: "sync/SalesOrder/SalesOrderLines"},
		goodsDeliveries:    {path: "sync/SalesOrder/GoodsDeliveries"},
		goodsDeliveryLines: {path: "sync/SalesOrder/GoodsDeliveryLines"},
		shopOrders:         {path: "sync/Manufacturing/ShopOrders"},
	}
	// These twins show one row a line, and stand for both entities.
	twins[purchaseOrderLines] = endpoint{path: "sync/PurchaseOrder/PurchaseOrders", flat: purchaseOrders}
	twins[salesInvoiceLines] = endpoint{path: "sync/SalesInvoice/SalesInvoices", flat: salesInvoices}
	for _, e := range entities {
		twin, ok := twins[e]
		if ok {
			twin.entity, twin.style = e, synced
			add(twin)
		}
		switch e {
		case stockPositions, deleted, administrations:
			continue
		case purchaseOrders, salesInvoices:
			ok = true
		}
		add(endpoint{path: e.service + "/" + e.name, entity: e, twin: ok})
	}
	add(endpoint{path: "sync/Inventory/StockPositions", entity: stockPositions, style: synced})
	add(endpoint{path: "sync/Deleted", entity: deleted, style: synced})
	add(endpoint{path: "bulk/Logistics/Items", entity: items, style: bulk, twin: true})
	add(endpoint{path: "bulk/SalesOrder/SalesOrders", entity: salesOrders, style: bulk, twin: true})
	add(endpoint{path: "bulk/SalesOrder/SalesOrderLines", entity: salesOrderLines, style: bulk, twin: true})
	for _, path := range []string{"system/Divisions", "system/AllDivisions", "hrm/Divisions"} {
		add(endpoint{path: path, entity: administrations})
	}
	return all
}
