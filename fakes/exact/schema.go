package exact

// The entities, with those of their properties that this site fills.
var (
	accounts = newEntity(entity{name: "Accounts", service: "crm", deleted: 2, topic: "Accounts", writable: true, mandatory: []string{"Name"}},
		"ID:g AccountManager:g Blocked:b City:t Code:t CodeAtSupplier:t Country:t Email:t EndDate:d GlnNumber:t IsSales:b IsSupplier:b Name:t Phone:t PurchaseCurrency:t PurchaseLeadDays:i SearchCode:t StartDate:d Status:t Type:t Website:t"+audit)

	items = newEntity(entity{name: "Items", service: "logistics", deleted: 9, topic: "Items", writable: true, mandatory: []string{"Code", "Description"}},
		"ID:g AverageCost:n Barcode:t Class_01:t Class_02:t Code:t CostPriceCurrency:t CostPriceStandard:n Description:t EndDate:d ExtraDescription:t GrossWeight:n IsBatchItem:i IsFractionAllowedItem:b IsMakeItem:i IsOnDemandItem:i IsPackageItem:b IsPurchaseItem:b IsSalesItem:b IsSerialItem:b IsStockItem:b IsTaxableItem:i IsWebshopItem:i ItemGroup:g ItemGroupCode:t ItemGroupDescription:t NetWeight:n NetWeightUnit:t Notes:t SalesVatCode:t SearchCode:t SecurityLevel:i StandardSalesPrice:n StartDate:d Stock:n Unit:t UnitDescription:t UnitType:t"+audit)

	salesItemPrices = newEntity(entity{name: "SalesItemPrices", service: "logistics", deleted: 8},
		"ID:g Account:g AccountName:t Currency:t DefaultItemUnit:t EndDate:d Item:g ItemCode:t ItemDescription:t NumberOfItemsPerUnit:n Price:n Quantity:n StartDate:d Unit:t UnitDescription:t"+audit)

	purchaseItemPrices = newEntity(entity{name: "PurchaseItemPrices", service: "logistics"},
		"ID:g Account:g AccountName:t Currency:t DefaultItemUnit:t EndDate:d Item:g ItemCode:t ItemDescription:t NumberOfItemsPerUnit:n Price:n Quantity:n StartDate:d Unit:t UnitDescription:t"+audit)

	priceListPeriods = newEntity(entity{name: "SalesPriceListPeriods", service: "sales"},
		"ID:g Currency:t EndDate:d PriceList:g StartDate:d Type:i"+audit)

	priceListDiscounts = newEntity(entity{name: "SalesPriceListVolumeDiscounts", service: "sales"},
		"ID:g BasePriceAmount:n Discount:n EntryMethod:i Item:g ItemCode:t ItemDescription:t NewPrice:n NumberOfItemsPerUnit:n PriceListCode:t PriceListDescription:t PriceListPeriod:g Quantity:n Unit:t"+audit)

	supplierItems = newEntity(entity{name: "SupplierItem", service: "logistics", writable: true, mandatory: []string{"Item", "Supplier"}},
		"ID:g Barcode:t CountryOfOrigin:t Currency:t DropShipment:i EndDate:d Item:g ItemCode:t ItemDescription:t MainSupplier:b MinimumQuantity:n Notes:t PurchaseLeadTime:i PurchaseLotSize:i PurchasePrice:n PurchaseUnit:t PurchaseUnitFactor:n StartDate:d Supplier:g SupplierCode:t SupplierDescription:t SupplierItemCode:t"+audit)

	warehouses = newEntity(entity{name: "Warehouses", service: "inventory"},
		"ID:g Code:t Description:t EMail:t Main:i UseStorageLocations:i"+audit)

	stockPositions = newEntity(entity{name: "StockPositions", service: "inventory", deleted: 15, topic: "StockPositions"},
		"ID:g CurrentStock:n Division:i FreeStock:n ItemCode:t ItemDescription:t ItemId:g PlanningIn:n PlanningOut:n ProjectedStock:n ReorderPoint:n ReservedStock:n UnitCode:t UnitDescription:t Warehouse:g WarehouseCode:t WarehouseDescription:t")

	itemWarehouses = newEntity(entity{name: "ItemWarehouses", service: "inventory", deleted: 19},
		"ID:g CurrentStock:n Item:g ItemCode:t ItemDescription:t ItemUnit:t MaximumStock:n PlannedStockIn:n PlannedStockOut:n ProjectedStock:n ReorderPoint:n ReservedStock:n SafetyStock:n Warehouse:g WarehouseCode:t WarehouseDescription:t"+audit)

	bomVersions = newEntity(entity{name: "BillOfMaterialVersions", service: "manufacturing", deleted: 55, module: moduleManufacturing},
		"ID:g BatchQuantity:n CalculatedCostPrice:n Description:t IsDefault:i Item:g ItemDescription:t Notes:t OrderLeadDays:i Status:i StatusDescription:t Type:i TypeDescription:t VersionDate:d VersionNumber:i"+audit)

	bomMaterials = newEntity(entity{name: "BillOfMaterialMaterials", service: "manufacturing", deleted: 54, module: moduleManufacturing, parent: "BillOfMaterialVersions", by: "ItemVersion"},
		"ID:g Backflush:i Description:t Division:i ItemVersion:g LineNumber:i Notes:t PartItem:g PartItemCode:t PartItemDescription:t Quantity:n QuantityBatch:n Type:i syscreated:d sysmodified:d")

	assemblyHeaders = newEntity(entity{name: "AssemblyBillOfMaterialHeader", service: "inventory", module: moduleAssembly, children: []relation{{"AssemblyBillOfMaterialMaterials", "AssemblyBillOfMaterialMaterials"}}},
		"ID:g AssembledLeadDays:i BatchQuantity:n Code:t CostPrice:n Description:t Notes:t UpdateCostPrice:b UseExplosion:i"+audit)

	assemblyMaterials = newEntity(entity{name: "AssemblyBillOfMaterialMaterials", service: "inventory", module: moduleAssembly, parent: "AssemblyBillOfMaterialHeader", by: "AssembledItem"},
		"ID:g AssembledItem:g AssembledItemCode:t AssembledItemDescription:t AssembledLeadDays:i BatchQuantity:n LineNumber:i PartItem:g PartItemCode:t PartItemDescription:t Quantity:n QuantityBatch:n UpdateCostPrice:b UseExplosion:i Created:d Creator:g Division:i Modified:d Modifier:g")

	assemblyOrders = newEntity(entity{name: "AssemblyOrders", service: "inventory", module: moduleAssembly},
		"ID:g AssemblyDate:d Description:t Division:i FinishedAssemblyDate:d FinishedQuantity:n Item:g ItemCode:t ItemDescription:t Notes:t OrderDate:d OrderNumber:i OrderStatus:i PlannedQuantity:n Type:i Unit:t Warehouse:g WarehouseCode:t WarehouseDescription:t")

	shopOrders = newEntity(entity{name: "ShopOrders", service: "manufacturing", deleted: 36, module: moduleManufacturing, writable: true, mandatory: []string{"Item", "PlannedQuantity"}},
		"ID:g Description:t EntryDate:d IsOnHold:i IsReleased:i Item:g ItemCode:t ItemDescription:t Notes:t PlannedDate:d PlannedQuantity:n PlannedStartDate:d ProducedQuantity:n ShopOrderNumber:i Status:i Unit:t Warehouse:g WarehouseCode:t YourRef:t"+audit)

	warehouseTransfers = newEntity(entity{name: "WarehouseTransfers", service: "inventory", module: moduleWarehouses, writable: true, mandatory: []string{"WarehouseFrom", "WarehouseTo", "WarehouseTransferLines"}, children: []relation{{"WarehouseTransferLines", "WarehouseTransferLines"}}},
		"TransferID:g Description:t EntryDate:d PlannedDeliveryDate:d PlannedReceiptDate:d Remarks:t Source:i Status:i TransferDate:d TransferNumber:i WarehouseFrom:g WarehouseFromCode:t WarehouseTo:g WarehouseToCode:t"+audit)

	warehouseTransferLines = newEntity(entity{name: "WarehouseTransferLines", service: "inventory", module: moduleWarehouses, parent: "WarehouseTransfers", by: "TransferID"},
		"ID:g Description:t Item:g ItemCode:t ItemDescription:t LineNumber:i Quantity:n TransferID:g UnitCode:t"+audit)
)
