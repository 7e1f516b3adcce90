-- One offer for a supplier and a product, whoever writes it and when.

-- +goose Up
DROP INDEX supplier_product_product;
CREATE UNIQUE INDEX supplier_product_pair ON supplier_product (webshop_id, product_id, supplier_id) WHERE product_id IS NOT NULL;
